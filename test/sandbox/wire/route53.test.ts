import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53'
import {execa} from 'execa'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {listen} from '../../../src/sandbox/wire/http.ts'
import {route53Wire} from '../../../src/sandbox/wire/route53.ts'
import {realClock} from '../../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {has} from '../../support/programs.ts'

let world: World
let url: string
let zoneId: string
let close: () => Promise<void>

beforeEach(async () => {
  world = createWorld({
    clock: realClock,
    random: Math.random,
    hypervisor: idleHypervisor(),
    delays: {dnsServedMs: 0},
  })
  zoneId = world.route53.zone('example.com')?.id ?? expect.unreachable()
  const served = await listen(route53Wire(world))
  url = served.url
  close = served.close
})
afterEach(() => close())

type Key = {accessKeyId: string; secretAccessKey: string; sessionToken?: string}

const {operator, instances} = SANDBOX.aws

/** curl signs by itself: a client that shares no code with ours. */
async function curl(path: string, {key = operator as Key, body}: {key?: Key; body?: string} = {}) {
  const headers = key.sessionToken ? ['-H', `x-amz-security-token: ${key.sessionToken}`] : []
  const {stdout} = await execa(
    'curl',
    [
      ...['-sS', '-w', '\n%{http_code}', '--aws-sigv4', 'aws:amz:us-east-1:route53'],
      ...['--user', `${key.accessKeyId}:${key.secretAccessKey}`, ...headers],
      ...(body === undefined ? [] : ['-X', 'POST', '-H', 'Content-Type: text/xml', '--data-binary', '@-']),
      `${url}/2013-04-01${path}`,
    ],
    {input: body ?? ''},
  )
  const lines = stdout.split('\n')
  return {status: Number(lines.at(-1)), body: lines.slice(0, -1).join('\n')}
}

const request = (changes: string, namespace = 'https://route53.amazonaws.com/doc/2013-04-01/') =>
  `<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns="${namespace}"><ChangeBatch><Changes>${changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`

const change = (action: string, value: string, id = 'mcd:v1:web:i-0abc') =>
  `<Change><Action>${action}</Action><ResourceRecordSet><Name>www.example.com</Name><Type>A</Type><SetIdentifier>${id}</SetIdentifier><MultiValueAnswer>true</MultiValueAnswer><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>${value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change>`

describe.skipIf(!has('curl'))('signed by curl (needs curl)', () => {
  test('an instance creates, lists and deletes its own record', async () => {
    const created = await curl(`/hostedzone/${zoneId}/rrset`, {
      key: instances,
      body: request(change('CREATE', '192.0.2.1')),
    })
    expect(created).toMatchObject({
      status: 200,
      body: expect.stringMatching(/<Id>\/change\/C[0-9A-Z]{19}<\/Id>/),
    })
    expect(world.calls.records.at(-1)).toMatchObject({
      principal: {name: 'instances', address: '127.0.0.1'},
      effects: ['create A www.example.com 192.0.2.1 (mcd:v1:web:i-0abc)'],
    })
    const listed = await curl(`/hostedzone/${zoneId}/rrset?maxitems=1&name=www.example.com&type=A`, {
      key: instances,
    })
    expect(listed.body).toContain(
      '<Name>www.example.com.</Name><Type>A</Type><SetIdentifier>mcd:v1:web:i-0abc</SetIdentifier><MultiValueAnswer>true</MultiValueAnswer><TTL>60</TTL>',
    )
    const id = /<Id>(\/change\/[^<]+)</.exec(created.body)?.[1]
    expect(await curl(`${id}`, {key: instances})).toMatchObject({
      body: expect.stringContaining('<Status>INSYNC</Status>'),
    })
    const deleted = await curl(`/hostedzone/${zoneId}/rrset/`, {
      key: instances,
      body: request(change('DELETE', '192.0.2.1')),
    })
    expect(deleted.status).toBe(200)
  })

  test('role credentials need their session token', async () => {
    const role = world.ec2.keys.issueRole('i-0abc')
    const body = request(change('CREATE', '192.0.2.1'))
    expect(await curl(`/hostedzone/${zoneId}/rrset`, {key: role, body})).toMatchObject({status: 200})
    expect(world.calls.records.at(-1)?.principal.name).toBe('role:i-0abc')
    const {sessionToken: _, ...bare} = role
    expect(await curl(`/hostedzone/${zoneId}/rrset`, {key: bare})).toMatchObject({
      status: 403,
      body: expect.stringContaining('<Code>InvalidClientTokenId</Code>'),
    })
  })

  test('a refused batch tells everything in one message', async () => {
    const body = request(change('DELETE', '192.0.2.1') + change('CREATE', '192.0.2'))
    expect(await curl(`/hostedzone/${zoneId}/rrset`, {body})).toMatchObject({
      status: 400,
      body: expect.stringMatching(
        /^<\?xml [^>]*>\n<ErrorResponse xmlns="https:\/\/route53[^>]*><Error><Type>Sender<\/Type><Code>InvalidChangeBatch<\/Code><Message>\[Invalid Resource Record: /,
      ),
    })
  })

  test.each([
    [
      'elements out of order',
      change('CREATE', '192.0.2.1').replace('<TTL>60</TTL>', '').replace('<Type>', '<TTL>60</TTL><Type>'),
      "element 'Type'",
    ],
    ['an unknown element', change('CREATE', '192.0.2.1').replace('<TTL>', '<Ttl/><TTL>'), "element 'Ttl'"],
    ['a missing element', change('CREATE', '192.0.2.1').replace('<Type>A</Type>', ''), "'{Type"],
    ['no change', '', "content of element 'Changes' is not complete"],
    [
      'a TTL that is no number',
      change('CREATE', '192.0.2.1').replace('60', 'soon'),
      "'soon' is not a valid value",
    ],
    [
      'routing it does not model',
      change('CREATE', '192.0.2.1').replace(
        '<MultiValueAnswer>true</MultiValueAnswer>',
        '<Region>us-east-1</Region>',
      ),
      'no Region',
    ],
    ['broken XML', '<Change>', 'no matching start tag'],
  ])('InvalidInput for %s', async (_what, changes, fragment) => {
    const {status, body} = await curl(`/hostedzone/${zoneId}/rrset`, {body: request(changes)})
    expect(status).toBe(400)
    expect(body).toContain('<Code>InvalidInput</Code>')
    expect(body.replaceAll('&apos;', "'")).toContain(fragment)
  })

  test('InvalidInput for another namespace', async () => {
    const {body} = await curl(`/hostedzone/${zoneId}/rrset`, {
      body: request(change('CREATE', '192.0.2.1'), 'urn:x'),
    })
    expect(body).toContain('<Code>InvalidInput</Code>')
  })

  test.each([
    ['an unknown zone', '/hostedzone/Z1234/rrset', 404, 'NoSuchHostedZone'],
    ['an unknown change', '/change/C1234', 404, 'NoSuchChange'],
    ['an unknown call', '/healthcheck', 404, 'UnknownOperationException'],
  ])('%s', async (_what, path, status, code) => {
    expect(await curl(path)).toMatchObject({status, body: expect.stringContaining(`<Code>${code}</Code>`)})
  })

  test('a revoked key is an unknown key', async () => {
    world.ec2.keys.revoke('instances')
    const {status, body} = await curl(`/hostedzone/${zoneId}/rrset`, {key: instances})
    expect(status).toBe(403)
    expect(body).toContain('<Code>InvalidClientTokenId</Code>')
  })
})

describe('through the official SDK', () => {
  const client = () =>
    new Route53Client({endpoint: url, region: 'us-east-1', credentials: operator, maxAttempts: 1})

  test('zones are found, sets changed and listed over pages', async () => {
    const sdk = client()
    const zones = await sdk.send(new ListHostedZonesByNameCommand({DNSName: 'example.com'}))
    expect(zones.HostedZones?.[0]).toMatchObject({Id: `/hostedzone/${zoneId}`, Name: 'example.com.'})
    const changed = await sdk.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        ChangeBatch: {
          Changes: ['a', 'b', 'c'].map(id => ({
            Action: 'CREATE',
            ResourceRecordSet: {
              Name: '*.example.com',
              Type: 'TXT',
              SetIdentifier: id,
              MultiValueAnswer: true,
              TTL: 5,
              ResourceRecords: [{Value: `"<${id}> & more"`}],
            },
          })),
        },
      }),
    )
    expect(changed.ChangeInfo?.SubmittedAt).toBeInstanceOf(Date)
    const first = await sdk.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        StartRecordName: '*.example.com',
        MaxItems: 2,
      }),
    )
    expect(first).toMatchObject({
      IsTruncated: true,
      NextRecordName: '\\052.example.com.',
      NextRecordIdentifier: 'c',
    })
    const second = await sdk.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        StartRecordName: first.NextRecordName,
        StartRecordType: first.NextRecordType,
        StartRecordIdentifier: first.NextRecordIdentifier,
      }),
    )
    expect(second.ResourceRecordSets?.[0]).toMatchObject({
      SetIdentifier: 'c',
      ResourceRecords: [{Value: '"<c> & more"'}],
    })
    expect(second.IsTruncated).toBe(false)
    sdk.destroy()
  })

  test('refusals arrive as its own exceptions', async () => {
    const sdk = client()
    const batch = {
      Changes: [
        {
          Action: 'DELETE' as const,
          ResourceRecordSet: {
            Name: 'www.example.com',
            Type: 'A' as const,
            TTL: 60,
            ResourceRecords: [{Value: '192.0.2.1'}],
          },
        },
      ],
    }
    await expect(
      sdk.send(new ChangeResourceRecordSetsCommand({HostedZoneId: zoneId, ChangeBatch: batch})),
    ).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message:
        "[Tried to delete resource record set [name='www.example.com.', type='A'] but it was not found]",
    })
    world.route53.rejectNextChanges(zoneId, 1)
    await expect(
      sdk.send(new ChangeResourceRecordSetsCommand({HostedZoneId: zoneId, ChangeBatch: batch})),
    ).rejects.toMatchObject({
      name: 'PriorRequestNotComplete',
    })
    sdk.destroy()
  })
})

describe.skipIf(!has('aws'))('through the AWS CLI (needs aws)', () => {
  const aws = async (...args: string[]) => {
    const {stdout} = await execa('aws', ['--endpoint-url', url, '--output', 'json', 'route53', ...args], {
      env: {
        AWS_ACCESS_KEY_ID: operator.accessKeyId,
        AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_MAX_ATTEMPTS: '1',
        AWS_PAGER: '',
      },
    })
    return JSON.parse(stdout)
  }

  test('a zone is made, changed, waited for and listed', async () => {
    const {HostedZone, DelegationSet} = await aws(
      'create-hosted-zone',
      '--name',
      'example.net',
      '--caller-reference',
      'one',
    )
    expect(DelegationSet.NameServers).toHaveLength(4)
    const batch = {
      Changes: [
        {
          Action: 'UPSERT',
          ResourceRecordSet: {
            Name: 'www.example.net',
            Type: 'A',
            TTL: 60,
            ResourceRecords: [{Value: '192.0.2.1'}],
          },
        },
      ],
    }
    const {ChangeInfo} = await aws(
      'change-resource-record-sets',
      ...['--hosted-zone-id', HostedZone.Id, '--change-batch', JSON.stringify(batch)],
    )
    expect(await aws('get-change', '--id', ChangeInfo.Id)).toMatchObject({ChangeInfo: {Status: 'INSYNC'}})
    const {ResourceRecordSets} = await aws('list-resource-record-sets', '--hosted-zone-id', HostedZone.Id)
    expect(ResourceRecordSets).toContainEqual({
      Name: 'www.example.net.',
      Type: 'A',
      TTL: 60,
      ResourceRecords: [{Value: '192.0.2.1'}],
    })
    expect((await aws('list-hosted-zones')).HostedZones).toHaveLength(2)
    expect((await aws('get-hosted-zone', '--id', HostedZone.Id)).HostedZone.ResourceRecordSetCount).toBe(3)
  })
})
