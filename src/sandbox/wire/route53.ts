import type {Principal} from '../world/calls.ts'
import type {Route53World} from '../world/route53.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import {dated, type VendorWire, type WireReply, type WireRequest} from './http.ts'
import {changeInfo, delegationSet, errorReply, hostedZone, recordSets, reply, zones} from './route53/reply.ts'
import {readChangeRequest, readCreateZoneRequest} from './route53/request.ts'
import {verifySigV4} from './sigv4.ts'

type Served = {route53: Route53World; principal: Principal; request: WireRequest; id: string}
type Route = {method: string; path: RegExp; serve(call: Served): WireReply}

const VERSION = '/2013-04-01'
const ID = '([A-Za-z0-9]+)'

const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: at('/hostedzonesbyname'),
    serve({route53, principal, request}) {
      const [dnsName, hostedZoneId] = [parameter(request, 'dnsname'), parameter(request, 'hostedzoneid')]
      const page = route53.listHostedZonesByName(principal, {
        ...(dnsName !== undefined && {dnsName}),
        ...(hostedZoneId !== undefined && {hostedZoneId: bare(hostedZoneId)}),
        ...maxItems(request),
      })
      return reply('ListHostedZonesByNameResponse', {
        ...zones(page),
        DNSName: dnsName,
        HostedZoneId: hostedZoneId,
        IsTruncated: page.next !== undefined,
        NextDNSName: page.next?.name,
        NextHostedZoneId: page.next?.id,
        MaxItems: page.maxItems,
      })
    },
  },
  {
    method: 'GET',
    path: at('/hostedzone'),
    serve({route53, principal, request}) {
      const marker = parameter(request, 'marker')
      const page = route53.listHostedZones(principal, {
        ...(marker !== undefined && {marker: bare(marker)}),
        ...maxItems(request),
      })
      return reply('ListHostedZonesResponse', {
        ...zones(page),
        Marker: marker,
        IsTruncated: page.next !== undefined,
        NextMarker: page.next?.id,
        MaxItems: page.maxItems,
      })
    },
  },
  {
    method: 'POST',
    path: at('/hostedzone'),
    serve({route53, principal, request}) {
      const {zone, change} = route53.createHostedZone(principal, readCreateZoneRequest(request.body))
      return reply(
        'CreateHostedZoneResponse',
        {HostedZone: hostedZone(zone), ChangeInfo: changeInfo(change), DelegationSet: delegationSet(zone)},
        {status: 201, headers: {location: `https://route53.amazonaws.com${VERSION}/hostedzone/${zone.id}`}},
      )
    },
  },
  {
    method: 'GET',
    path: at(`/hostedzone/${ID}`),
    serve({route53, principal, id}) {
      const zone = route53.getHostedZone(principal, id)
      return reply('GetHostedZoneResponse', {
        HostedZone: hostedZone(zone),
        DelegationSet: delegationSet(zone),
      })
    },
  },
  {
    method: 'GET',
    path: at(`/hostedzone/${ID}/rrset`),
    serve({route53, principal, request, id}) {
      const [name, type, identifier] = ['name', 'type', 'identifier'].map(key => parameter(request, key))
      const page = route53.listRecordSets(principal, id, {
        ...(name !== undefined && {name}),
        ...(type !== undefined && {type}),
        ...(identifier !== undefined && {identifier}),
        ...maxItems(request),
      })
      return reply('ListResourceRecordSetsResponse', recordSets(page))
    },
  },
  {
    method: 'POST',
    path: at(`/hostedzone/${ID}/rrset`),
    serve({route53, principal, request, id}) {
      const change = route53.changeRecordSets(principal, id, readChangeRequest(request.body))
      return reply('ChangeResourceRecordSetsResponse', {ChangeInfo: changeInfo(change)})
    },
  },
  {
    method: 'GET',
    path: at(`/hostedzonelimit/${ID}/[A-Z_]+`),
    serve({route53, principal, request, id}) {
      const type = request.path.replace(/\/$/, '').split('/').at(-1) ?? ''
      const {count, limit} = route53.hostedZoneLimit(principal, id, type)
      return reply('GetHostedZoneLimitResponse', {Limit: {Type: type, Value: limit}, Count: count})
    },
  },
  {
    method: 'GET',
    path: at(`/change/${ID}`),
    serve({route53, principal, id}) {
      return reply('GetChangeResponse', {ChangeInfo: changeInfo(route53.getChange(principal, id))})
    },
  },
]

/** Route53's REST and XML over the world, for signed requests only. */
export function route53Wire(world: Pick<World, 'route53' | 'ec2' | 'calls'>): VendorWire {
  const {keys} = world.ec2
  const serve = (request: WireRequest, nowMs: number): WireReply => {
    try {
      const {accessKeyId} = verifySigV4(request, id => keys.secretOf(id), nowMs)
      const principal = {
        name: keys.principalOf(accessKeyId)?.name ?? 'unknown',
        address: request.remoteAddress,
      }
      for (const {method, path, serve} of ROUTES) {
        const match = method === request.method ? path.exec(request.path) : null
        if (match) return serve({route53: world.route53, principal, request, id: match[1] ?? ''})
      }
      throw new VendorError(
        404,
        'UnknownOperationException',
        `The sandbox's Route53 has no ${request.method} ${request.path}`,
      )
    } catch (error) {
      if (error instanceof VendorError) return errorReply(error)
      const message = error instanceof Error ? error.message : String(error)
      return errorReply({status: 500, code: 'InternalFailure', message: `sandbox: ${message}`})
    }
  }
  return request => {
    const nowMs = world.calls.plan.clockOf('route53')
    return dated(serve(request, nowMs), nowMs)
  }
}

/** SDKs send a final slash where the reference shows none. */
function at(path: string): RegExp {
  return new RegExp(`^${VERSION}${path}/?$`)
}

const parameter = ({query}: WireRequest, name: string): string | undefined => query.get(name) ?? undefined

function maxItems(request: WireRequest): {maxItems?: string} {
  const given = parameter(request, 'maxitems')
  return given === undefined ? {} : {maxItems: given}
}

const bare = (id: string): string => id.replace(/^\/?hostedzone\//, '')
