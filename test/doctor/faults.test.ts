import {readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {FleetFinding} from '../../src/doctor/finding.ts'
import type {DoctorOutside} from '../../src/doctor/outside.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import {s3Objects} from '../../src/providers/s3/store.ts'
import {serveDns} from '../../src/sandbox/wire/dns.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {FaultKind, Sender} from '../../src/sandbox/world/faults/kinds.ts'
import {CLOUDFLARE, openWard, ROUTE53, type Ward, type Written} from '../support/examined-fleet.ts'

/** One thing that is wrong, and what is found of it. */
type Fault = {
  /** What the fleet file says otherwise; the usual one is what the remedy leads to. */
  readonly written?: Written
  /** Puts something wrong around it; what it returns puts that right, as the remedy says where `healed`. */
  readonly inject?: (ward: Ward) => (() => unknown) | Promise<() => unknown>
  readonly over?: (ward: Ward) => Partial<DoctorOutside>
  readonly healed?: true
  /** Check, where, and what. */
  readonly found: RegExp
  readonly remedy: RegExp
}

const order =
  (target: string, kind: FaultKind, from?: Sender) =>
  ({world}: Ward) => {
    const {id} = world.calls.plan.add({target, kind, from})
    return () => world.calls.plan.clear(id)
  }

const OVER_BOTH_CLOUDS: Readonly<Record<string, Fault>> = {
  'launches on EC2 are denied': {
    inject: order('aws:RunInstances', 'denied'),
    found: /^permission \| aws:us-east-1 \| ec2:RunInstances/,
    remedy: /^Allow ec2:RunInstances: "mcd policy" prints/,
  },
  'a read of EC2 is denied': {
    inject: order('aws:DescribeInstances', 'denied'),
    found: /^permission \| aws:us-east-1 \| ec2:DescribeInstances/,
    remedy: /^Allow ec2:DescribeInstances: "mcd policy" prints/,
  },
  'security groups of our own are denied': {
    inject: order('aws:CreateSecurityGroup', 'denied'),
    found: /^permission \| aws:us-east-1 \| ec2:CreateSecurityGroup/,
    remedy: /^Allow ec2:CreateSecurityGroup: "mcd policy" prints/,
  },
  'the access key is revoked': {
    inject: ({world: {ec2}}) => {
      ec2.keys.revoke('operator')
      return () => ec2.keys.restore('operator')
    },
    found: /^identity \| aws:us-east-1/,
    remedy: /^Check .*AWS_ACCESS_KEY_ID/,
  },
  'the image is not in the region': {
    written: {virginia: 'image: ami-00000000000000000'},
    found: /^image \| aws:us-east-1 \| ami-00000000000000000/,
    remedy: /"image" of group virginia/,
  },
  'the region has no such type': {
    written: {virginia: 'type: t9.micro'},
    found: /^type \| aws:us-east-1 \| t9.micro/,
    remedy: /^Change "type" in group virginia/,
  },
  'the key pair is not in the region': {
    written: {virginia: 'keyPair: nobody'},
    found: /^key \| aws:us-east-1 \| nobody/,
    remedy: /import-key-pair.*keyPair/,
  },
  'the vCPU quota is too small': {
    healed: true,
    inject: ({world}) => {
      const region = world.ec2.region('us-east-1')
      region.vcpuQuota = 2
      return () => {
        region.vcpuQuota = 5_000
      }
    },
    found: /^quota \| aws:us-east-1 \| Running On-Demand/,
    remedy: /request-service-quota-increase .*--desired-value 4.*lower "count"/,
  },
  'nobody reaches EC2': {
    inject: order('ec2', 'outage'),
    found: /^reach \| aws:us-east-1/,
    remedy: /^Check the network, the endpoint/,
  },
  'the clock of one cloud is wrong': {
    inject: order('ec2', 'wrong-clock'),
    found: /^clock \| 127\.0\.0\.1:\d+$/,
    remedy: /^Look at the clock of these servers/,
  },
  'the clock of this machine is wrong': {
    inject(ward) {
      const ends = ['aws', 'joyent'].map(vendor => order(vendor, 'wrong-clock')(ward))
      return () => ends.map(end => end())
    },
    found: /^clock \| 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/,
    remedy: /^Set this machine's clock right/,
  },
  'the clock of this machine is wrong, and the journal lies in S3': {
    over: inBucket,
    inject(ward) {
      const ends = ['aws', 'joyent', 's3'].map(vendor => order(vendor, 'wrong-clock')(ward))
      return () => ends.map(end => end())
    },
    found: /^clock \| 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/,
    remedy: /^Set this machine's clock right/,
  },
  'launches on Triton are denied': {
    inject: order('joyent:CreateMachine', 'denied'),
    found: /^permission \| joyent:\S+ \| CreateMachine/,
    remedy: /may not call CreateMachine|role that .*CreateMachine/,
  },
  'the signing key is no key of the account': {
    healed: true,
    inject({world: {triton}}) {
      const account = triton.account()
      const keys = account.keys
      for (const {name} of keys) account.removeKey(name)
      return () => keys.map(({key}) => account.addKey(key))
    },
    found: /^identity \| joyent:/,
    remedy: /registered with that account.*triton key list/,
  },
  'the data centre has no such package': {
    written: {east: 'type: g9.nano'},
    found: /^type \| joyent:\S+ \| g9.nano/,
    remedy: /^Name another type in group "east"/,
  },
  'the data centre has no such image': {
    written: {east: 'image: nothing-1'},
    found: /^image \| joyent:\S+ \| nothing-1/,
    remedy: /^Name another image in group "east"/,
  },
  'the data centre has no such network': {
    written: {east: 'networks: [nowhere]'},
    found: /^network \| joyent:\S+ \| nowhere/,
    remedy: /^Name another network in group "east"/,
  },
  'the limit of the Triton account is too small': {
    inject({world: {triton}}) {
      triton.account().quota = 1
      return () => {
        triton.account().quota = Number.POSITIVE_INFINITY
      }
    },
    found: /^quota \| joyent:\S+ \| limit on instances/,
    remedy: /higher limit.*lower "count"/,
  },
  'nobody reaches Triton': {
    inject: order('joyent', 'outage'),
    found: /^reach \| joyent:\S+ \| CloudAPI/,
    remedy: /^Check the endpoint and the network/,
  },
  'the token may read DNS alone': {
    inject: order('cloudflare:DELETE /zones/:id/dns_records/:id', 'denied'),
    found: /^permission \| cloudflare\/example.com \| DNS Write/,
    remedy: /^Give the token "DNS Write" on zone example.com/,
  },
  'the token of the instances may read alone': {
    inject: order('cloudflare:DELETE /zones/:id/dns_records/:id', 'denied', 'instances'),
    found: /^permission \| cloudflare\/example.com \| instances \| DNS Write/,
    remedy: /^Give the token "DNS Write" on zone example.com/,
  },
  'the token of the instances is none': {
    written: {dns: CLOUDFLARE.replace('env:T', 'env:BAD')},
    found: /^identity \| cloudflare\/example.com \| instances \| API token \(env:BAD\)/,
    remedy: /^Create another API token with "DNS Write".*env:BAD/,
  },
  'the token does not see the zone': {
    written: {dns: CLOUDFLARE.replace('example.com', 'example.org')},
    found: /^zone \| cloudflare\/example.org/,
    remedy: /"Zone Read".*or correct "zone"/,
  },
  'a CNAME stands where the addresses go': {
    healed: true,
    inject({world: {cloudflare}}) {
      const zone = cloudflare.zone(SANDBOX.zone)
      const session = {token: SANDBOX.cloudflare.operatorToken}
      const record = {type: 'CNAME', name: 'www', content: 'elsewhere.example.net', ttl: 60}
      const {id} = cloudflare.createRecord(session, zone?.id ?? '', record)
      return () => cloudflare.deleteRecord(session, zone?.id ?? '', id)
    },
    found: /^records \| cloudflare\/example.com \| www.example.com/,
    remedy: /take away what stands under the name/,
  },
  'the domain is delegated elsewhere': {
    inject: async ward => {
      const data = 'ns1.registrar.example'
      const parent = await serveDns((name, type) => ({
        rcode: 'NOERROR',
        answers: type === 'NS' ? [{name, type, ttlSeconds: 60, data}] : [],
        authorities: [],
      }))
      ward.resolvers.push({host: '127.0.0.1', port: parent.port})
      return () => {
        ward.resolvers.pop()
        return parent.close()
      }
    },
    found: /^delegation \| cloudflare\/example.com \| NS of example.com at 127/,
    remedy:
      /^Name these servers for example.com, and no others, at its registrar, .*: ada\.ns\.cloudflare\.test, bob/,
  },
  'the name stands in a part of the zone that is a zone of its own': {
    written: {dns: CLOUDFLARE.replace('name: www', 'name: www.deploy')},
    inject: async ward => {
      const servers = ['ada.ns.cloudflare.test', 'bob.ns.cloudflare.test']
      const parent = await serveDns((name, type) => ({
        rcode: 'NOERROR',
        answers:
          type === 'NS'
            ? (name === 'example.com' ? servers : ['ns1.other.example']).map(data => ({
                name,
                type,
                ttlSeconds: 60,
                data,
              }))
            : [],
        authorities: [],
      }))
      ward.resolvers.push({host: '127.0.0.1', port: parent.port})
      return () => {
        ward.resolvers.pop()
        return parent.close()
      }
    },
    found: /^delegation \| cloudflare\/example.com \| NS of deploy\.example\.com at 127/,
    remedy: /^Set "zone: deploy\.example\.com"/,
  },
  'nobody has taken the zone over from its registrar': {
    inject: async ward => {
      const parent = await serveDns(() => ({rcode: 'NXDOMAIN', answers: [], authorities: []}))
      ward.resolvers.push({host: '127.0.0.1', port: parent.port})
      return () => {
        ward.resolvers.pop()
        return parent.close()
      }
    },
    found: /^delegation \| cloudflare\/example.com \| NS of example.com at 127/,
    remedy: /^Name these servers for example.com, and no others, at its registrar/,
  },
  'the bucket of the journal may not be listed': {
    written: {more: 'state: s3://mcd-test/fleets?region=us-east-1'},
    over: inBucket,
    inject: order('s3:ListObjectsV2', 'denied'),
    found: /^state \| s3:\/\/mcd-test\/fleets/,
    remedy: /s3:ListBucket|Allow/,
  },
  'a file stands where the journal goes': {
    healed: true,
    inject({folder}) {
      writeFileSync(join(folder, '.mcd'), '')
      return () => rmSync(join(folder, '.mcd'))
    },
    found: /^state \| local/,
    remedy: /^Move \S+\.mcd away/,
  },
  'the fleet lives in another account': {
    over: () => ({openState: livesIn('999999999999')}),
    found: /^identity \| aws:us-east-1 \| account of aws:us-east-1/,
    remedy: /^Use credentials of 999999999999/,
  },
  'the template is not there': {
    over: ward => ({
      checkUserdata: ward.outside(ward.fleet({userdata: '{template: nowhere}'})).checkUserdata,
    }),
    found: /^userdata \| userdata/,
    remedy: /^Paths are relative to the fleet file/,
  },
  'ssh has no key to count connections with': {
    written: {more: 'drain: {quiet: true}', virginia: 'keyPair: sandbox'},
    over: () => ({ssh: {program: true, keys: async () => []}}),
    found: /^key \| ssh/,
    remedy: /^Load one with "ssh-add".*counter/,
  },
  'there is no ssh to count connections with': {
    written: {more: 'drain: {quiet: true}', virginia: 'keyPair: sandbox'},
    over: () => ({ssh: {program: false, keys: async () => []}}),
    found: /^key \| ssh/,
    remedy: /^Install an ssh client.*counter/,
  },
}

const ON_ROUTE53: Readonly<Record<string, Fault>> = {
  'changes of record sets are denied': {
    written: {dns: ROUTE53},
    inject: order('route53:ChangeResourceRecordSets', 'denied'),
    found: /^permission \| route53\/example.com \| route53:ChangeResourceRecordSets/,
    remedy: /^Allow route53:ChangeResourceRecordSets to these credentials: "mcd policy"/,
  },
  "AWS's clock is wrong, and Route53 asks it who we are": {
    written: {dns: ROUTE53},
    inject: order('aws', 'wrong-clock'),
    found: /^clock \| 127\.0\.0\.1:\d+$/,
    remedy: /^Look at the clock of these servers/,
  },
  'the instances may not change record sets': {
    written: {dns: ROUTE53},
    inject: order('route53:ChangeResourceRecordSets', 'denied', 'instances'),
    found: /^permission \| route53\/example.com \| instances \| route53:ChangeResourceRecordSets/,
    remedy: /^Allow route53:ChangeResourceRecordSets to the instances: "mcd policy"/,
  },
  'the keys of the instances are revoked': {
    written: {dns: ROUTE53},
    inject: ({world: {ec2}}) => {
      ec2.keys.revoke('instances')
      return () => ec2.keys.restore('instances')
    },
    found: /^identity \| route53\/example.com \| instances/,
    remedy: /"dns.instanceCredentials".*mcd policy/,
  },
  'the account has no such zone': {
    written: {dns: ROUTE53.replace('example.com', 'example.org')},
    found: /^zone \| route53\/example.org/,
    remedy: /^Check the spelling of "zone"/,
  },
}

const failures = (findings: readonly FleetFinding[]) => findings.filter(({outcome}) => outcome === 'failed')
const words = ({check, place, zone, credentials, subject}: FleetFinding) =>
  [check, place ?? zone, credentials, subject].filter(Boolean).join(' | ')

let ward: Ward
afterEach(() => ward.close())

describe.each([
  ['over both clouds, with CloudFlare', OVER_BOTH_CLOUDS, CLOUDFLARE, {}],
  // It lets five calls pass in a second.
  ['on Route53', ON_ROUTE53, ROUTE53, {haste: 10}],
] as const)('%s', (_where, faults, dns, options) => {
  beforeEach(async () => {
    ward = await openWard(options)
  })

  test('a healthy fleet has no failure, and nothing is changed', async () => {
    expect(failures(await ward.examine(ward.fleet({dns}), NO_TEMPLATE))).toEqual([])
    expect(readdirSync(ward.folder)).toEqual([])
    const {records} = ward.world.calls
    expect(records.length).toBeGreaterThan(20)
    expect(records.flatMap(({effects}) => effects)).toEqual([])
  })

  test.each(Object.entries(faults))(
    '%s: found, alone, with its remedy, and nothing is changed',
    async (_title, {inject, found, remedy, written, over, healed}) => {
      const mend = await inject?.(ward)
      const {records} = ward.world.calls
      records.length = 0
      const failed = failures(await ward.examine(ward.fleet(written), {...NO_TEMPLATE, ...over?.(ward)}))
      expect(failed.map(words)).toEqual([expect.stringMatching(found)])
      expect(failed[0]?.remedy).toMatch(remedy)
      expect(records.flatMap(({effects}) => effects)).toEqual([])
      await mend?.()
      if (healed) expect(failures(await ward.examine(ward.fleet(written), NO_TEMPLATE))).toEqual([])
    },
  )
})

/** Its own tests look at it: other programs are asked about it, which takes a while. */
const NO_TEMPLATE: Partial<DoctorOutside> = {
  checkUserdata: () => ({findings: [], groups: [], unchecked: []}),
}

function inBucket({clouds: {around}}: Ward): Partial<DoctorOutside> {
  const {runtime, sandbox} = around
  return {
    async openState() {
      const store = s3Objects({
        bucket: 'mcd-test',
        prefix: 'fleets/web',
        region: 'us-east-1',
        runtime,
        ...(sandbox && {endpoint: sandbox.aws.endpoint, credentials: sandbox.aws.credentials}),
      })
      return {journal: await objectJournal(store, {readOnly: true}), where: store.name}
    },
  }
}

const livesIn = (account: string) => async () => {
  const journal = memoryJournal()
  const place = {key: 'aws:us-east-1', provider: 'aws' as const, region: 'us-east-1'}
  await journal.append(1, [
    {atMs: 0, run: 'r', event: {type: 'opened', fleet: 'web', file: 'mcd.yaml', digestKey: 'k'}},
    {atMs: 0, run: 'r', event: {type: 'place-recorded', place, account}},
  ])
  return {journal, where: 'a journal of another day'}
}
