import {describe, expect, test} from 'vitest'
import type {PolicyDocument} from '../../../src/policy/document.ts'
import {fleetPolicies} from '../../../src/policy/fleet-policies.ts'
import type {NameWish} from '../../../src/providers/dns.ts'
import type {Finding, ZoneNeeds} from '../../../src/providers/examine.ts'
import {classify} from '../../../src/providers/route53/classify.ts'
import type {Route53Client} from '../../../src/providers/route53/client.ts'
import {examineOver} from '../../../src/providers/route53/examine.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {dnsName, fleet, group, VIRGINIA, wish} from '../../support/fleet-builder.ts'
import {allows} from '../../support/iam.ts'
import {route53Scene} from '../../support/route53-world.ts'
import {worldRoute53Client} from '../../support/world-route53.ts'

const NAME: NameWish = {name: 'www.example.com', ttlSeconds: 60, proxied: false, members: 3, fleet: 'web'}
const DISCOVERY = {name: 'v1._http._tcp.example.com', valueCharacters: 40}
const CHANGE = 'permission route53:ChangeResourceRecordSets'

function sceneOf({accessKeyId = SANDBOX.aws.operator.accessKeyId as string} = {}) {
  const {time, world, zone, create} = route53Scene()
  const client = worldRoute53Client(world, accessKeyId)
  const examine = async (more: Partial<ZoneNeeds> = {}, over: Route53Client = client) => {
    const needs: ZoneNeeds = {zone: 'example.com', names: [NAME], ...more}
    const findings = await time.run(() => examineOver(over, {runtime: time.runtime()})(needs))
    const named = findings.map(finding => [`${finding.check} ${finding.subject}`, finding] as const)
    expect(new Set(named.map(([name]) => name)).size).toBe(findings.length)
    return new Map(named)
  }
  return {world, zone, create, client, examine}
}
const notOk = (findings: Map<string, Finding>) =>
  [...findings.values()].filter(({outcome}) => outcome !== 'ok')
const instances = {accessKeyId: SANDBOX.aws.instances.accessKeyId}

/** The same client for whoever has this policy: Route53 shows IAM each batch as a whole, before it looks into the zone. */
function under(policy: PolicyDocument, client: Route53Client, zoneId: string): Route53Client {
  const resource = `arn:aws:route53:::hostedzone/${zoneId}`
  return {
    ...client,
    async changeResourceRecordSets(input, signal) {
      const changes = input.ChangeBatch?.Changes ?? []
      const keys = {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': changes.map(({ResourceRecordSet: set}) =>
          (set?.Name ?? '').replace(/\.$/, ''),
        ),
        'route53:ChangeResourceRecordSetsRecordTypes': changes.map(
          ({ResourceRecordSet: set}) => set?.Type ?? '',
        ),
        'route53:ChangeResourceRecordSetsActions': changes.map(({Action}) => Action ?? ''),
      }
      if (allows(policy, {action: 'route53:ChangeResourceRecordSets', resource, keys}))
        return client.changeResourceRecordSets(input, signal)
      const denied = Object.assign(new Error('not authorized'), {
        name: 'AccessDenied',
        $metadata: {httpStatusCode: 403},
      })
      throw classify('ChangeResourceRecordSets', denied)
    },
  }
}

describe('a zone where all is well', () => {
  test('is found, read, written in a way that cannot apply, and has room', async () => {
    const {examine, zone, world} = sceneOf()
    const findings = await examine({names: [{...NAME, ipv6: true, discovery: DISCOVERY}]})
    expect(notOk(findings)).toEqual([])
    expect(findings.get('identity route53 example.com')?.detail).toContain(
      'user/operator, account 000000000000',
    )
    expect(findings.get('zone example.com')?.detail).toBe(`Route53 has it as public zone ${zone.id}.`)
    expect(findings.get('quota record sets of example.com')?.detail).toBe(
      'The zone holds 2 of 10000 record sets, and this fleet adds up to 19.',
    )
    const changes = [...findings].filter(([key]) => key.startsWith(CHANGE))
    expect(changes.map(([key, {detail}]) => [key.slice(CHANGE.length + 1), detail])).toEqual([
      [
        'A www.example.com',
        'CREATE and DELETE are allowed: A www.example.com, AAAA www.example.com, TXT _mcd.www.example.com, TXT v1._http._tcp.example.com, A i-00000000000000000.www.example.com, AAAA i-00000000000000000.www.example.com.',
      ],
      [
        'SRV v1._http._tcp.example.com',
        'CREATE and DELETE are allowed: SRV v1._http._tcp.example.com, TXT _mcd.v1._http._tcp.example.com.',
      ],
      [
        'PTR _http._tcp.example.com',
        'CREATE and DELETE are allowed: PTR _http._tcp.example.com, TXT _mcd._http._tcp.example.com.',
      ],
      [
        'PTR _services._dns-sd._udp.example.com',
        'CREATE and DELETE are allowed: PTR _services._dns-sd._udp.example.com, TXT _mcd._services._dns-sd._udp.example.com.',
      ],
    ])
    expect(world.calls.records.flatMap(({effects}) => effects)).toEqual([])
    expect(zone.sets.size).toBe(1)
  })

  test('every batch that is tried deletes a record set that is not there', async () => {
    const {examine, client} = sceneOf()
    const batches: (string | undefined)[][] = []
    await examine(
      {names: [{...NAME, discovery: DISCOVERY}]},
      {
        ...client,
        changeResourceRecordSets(input, signal) {
          batches.push((input.ChangeBatch?.Changes ?? []).map(({Action}) => Action))
          return client.changeResourceRecordSets(input, signal)
        },
      },
    )
    expect(batches.length).toBeGreaterThan(3)
    for (const actions of batches) expect(actions[0]).toBe('DELETE')
  })

  test.each(['multivalue', 'simple', 'weighted'] as const)(
    'the policy that "mcd policy" prints is enough, for the operator and for instances, with %s routing',
    async routing => {
      const name = dnsName({
        vendor: 'route53',
        registration: 'self',
        routing,
        discovery: {service: '_http._tcp', instance: 'v1', txt: ['']},
      })
      const names = [{...NAME, routing, ipv6: true, discovery: DISCOVERY}]
      const {examine, client, zone} = sceneOf()
      const whole = fleet([group('virginia', 2, {place: VIRGINIA, wish: wish({})})], {names: [name]})
      const {operator, instances: theirs} = fleetPolicies(whole, () => zone.id)
      const [mine, own] = [operator.aws, theirs.aws?.policy]
      if (!mine || !own) throw new Error('Both need a policy.')
      expect(notOk(await examine({names}, under(mine, client, zone.id)))).toEqual([])
      const forInstances = {zoneId: zone.id}
      expect(notOk(await examine({names, forInstances}, under(own, client, zone.id)))).toEqual([])
    },
  )
})

describe('what is lacking is a finding with its remedy', () => {
  const granting = (names: string[], types: string[], actions: string[]): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Some',
        Effect: 'Allow',
        Action: ['route53:ChangeResourceRecordSets'],
        Resource: ['*'],
        Condition: {
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsNormalizedRecordNames': names,
            'route53:ChangeResourceRecordSetsRecordTypes': types,
            'route53:ChangeResourceRecordSetsActions': actions,
          },
        },
      },
    ],
  })
  const OWN = ['www.example.com', '_mcd.www.example.com']

  test.each([
    ['a type', granting(OWN, ['A'], ['CREATE', 'DELETE']), 'CREATE and DELETE TXT _mcd.www.example.com'],
    [
      'a name',
      granting(['www.example.com'], ['A', 'TXT'], ['CREATE', 'DELETE']),
      'CREATE and DELETE TXT _mcd.www.example.com',
    ],
    [
      'an action',
      granting(OWN, ['A', 'TXT'], ['DELETE']),
      'CREATE A www.example.com, while they may DELETE it; nor CREATE',
    ],
  ])('%s that the policy leaves out is named', async (_what, policy, lacking) => {
    const {examine, client, zone} = sceneOf()
    const findings = await examine({}, under(policy, client, zone.id))
    expect(notOk(findings)).toMatchObject([
      {
        subject: 'route53:ChangeResourceRecordSets A www.example.com',
        outcome: 'failed',
        detail: expect.stringContaining(`may not ${lacking}`),
        remedy:
          'Allow route53:ChangeResourceRecordSets to these credentials: "mcd policy" prints the statement.',
      },
    ])
    expect(zone.sets.size).toBe(1)
  })

  test('what is allowed one by one, and not in one batch', async () => {
    const {examine, client, zone} = sceneOf()
    const [a, txt] = [
      granting(OWN, ['A'], ['CREATE', 'DELETE']),
      granting(OWN, ['TXT'], ['CREATE', 'DELETE']),
    ]
    const both = {...a, Statement: [...a.Statement, ...txt.Statement]}
    const [found] = notOk(await examine({}, under(both, client, zone.id)))
    expect(found?.detail).toMatch(/one statement must allow a batch whole/)
  })

  test.each(['ListHostedZonesByName', 'ListResourceRecordSets', 'GetChange'])('may not %s', async action => {
    const {examine, world} = sceneOf()
    world.calls.plan.add({target: `route53:${action}`, kind: 'denied'})
    expect(notOk(await examine())[0]).toMatchObject({
      check: 'permission',
      subject: `route53:${action} example.com`,
      outcome: 'failed',
      remedy: `Allow route53:${action} to these credentials: "mcd policy" prints the statement.`,
    })
  })

  test('how full the zone is need not be known', async () => {
    const {examine, world} = sceneOf()
    world.calls.plan.add({target: 'route53:GetHostedZoneLimit', kind: 'denied'})
    expect(notOk(await examine())).toMatchObject([{check: 'quota', outcome: 'unknown'}])
  })

  test('a zone without room for the fleet', async () => {
    const {examine, client} = sceneOf()
    const full = {
      ...client,
      getHostedZoneLimit: async () => ({
        Count: 9_998,
        Limit: {Type: 'MAX_RRSETS_BY_ZONE' as const, Value: 10_000},
      }),
    }
    expect(notOk(await examine({}, full))).toMatchObject([
      {
        check: 'quota',
        outcome: 'failed',
        detail: 'The zone holds 9998 of 10000 record sets, and this fleet adds up to 3.',
      },
    ])
  })

  test('a zone that is not there, is private, or is there twice', async () => {
    const {examine, world} = sceneOf()
    expect(notOk(await examine({zone: 'example.net', names: []}))).toMatchObject([
      {check: 'zone', outcome: 'failed', detail: 'This account has no zone example.net in Route53.'},
    ])
    world.route53.addZone('example.net', {privateZone: true})
    expect(notOk(await examine({zone: 'example.net', names: []}))[0]?.detail).toMatch(
      /as a private zone alone/,
    )
    world.route53.addZone('example.com', {callerReference: 'again'})
    expect(notOk(await examine())[0]?.detail).toMatch(/2 public zones named example\.com/)
  })

  test('what stands in the way of the records', async () => {
    const {examine, create} = sceneOf()
    create({name: 'www.example.com', type: 'A', ttlSeconds: 60, values: ['192.0.2.99']})
    const found = notOk(await examine())
    expect(found).toMatchObject([{check: 'records', subject: 'www.example.com', outcome: 'failed'}])
    expect(found[0]?.detail).toMatch(/Set "routing: simple"/)
  })
})

describe('with the credentials of instances', () => {
  test('only what they need is looked at', async () => {
    const {examine, zone, world} = sceneOf(instances)
    const findings = await examine({forInstances: {zoneId: zone.id}})
    expect(notOk(findings)).toEqual([])
    expect([...findings.keys()]).toEqual([
      'identity route53 example.com',
      'permission route53:ListResourceRecordSets example.com',
      `${CHANGE} A www.example.com`,
      'permission route53:GetChange example.com',
    ])
    expect(world.calls.counts.get('route53:ListHostedZonesByName')).toBeUndefined()
  })

  test('what they lack is theirs to be given', async () => {
    const {examine, zone, world} = sceneOf(instances)
    world.route53.policies.set('instances', ['ListResourceRecordSets', 'GetChange'])
    expect(notOk(await examine({forInstances: {zoneId: zone.id}}))).toMatchObject([
      {
        detail: 'These credentials may not UPSERT and DELETE A www.example.com.',
        remedy: 'Allow route53:ChangeResourceRecordSets to the instances: "mcd policy" prints the statement.',
      },
    ])
  })
})

describe('nobody to ask', () => {
  test('a vendor that cannot be reached is one finding', async () => {
    const {examine, world} = sceneOf()
    world.calls.plan.add({target: 'sts', kind: 'outage'})
    world.calls.plan.add({target: 'route53', kind: 'outage'})
    expect([...(await examine()).values()]).toMatchObject([
      {check: 'reach', outcome: 'failed', remedy: expect.stringMatching(/^Check the network/)},
    ])
  })

  test.each([
    ['ExpiredToken', 'identity', /^Sign in again/],
    ['InvalidClientTokenId', 'identity', /^Check AWS_PROFILE/],
  ])('%s is told with its own remedy', async (code, check, remedy) => {
    const {examine, world} = sceneOf()
    world.calls.faults = {
      before: () => {
        throw new VendorError(403, code, 'No.')
      },
      after: () => {},
    }
    expect([...(await examine()).values()]).toMatchObject([{check, remedy: expect.stringMatching(remedy)}])
  })

  test('no word of it carries a secret', async () => {
    const {examine} = sceneOf({accessKeyId: 'AKIANOBODY'})
    expect(JSON.stringify([...(await examine()).values()])).not.toMatch(/AKIA|secret-access-key/)
  })
})
