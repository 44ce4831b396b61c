// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a fleet file writes its variables so
import {expect, test} from 'vitest'
import {parseFleetFile} from '../../../src/fleet/file/parse.ts'
import {Secret} from '../../../src/secret.ts'
import {fleetFile, parse} from '../../support/fleet-file.ts'

test('a whole file over two clouds becomes a fleet', () => {
  expect(parse(fleetFile())).toEqual({
    name: 'web',
    dns: 'www.example.com',
    service: {
      port: 80,
      health: {protocol: 'http', path: '/', intervalMs: 5_000, timeoutMs: 2_000, healthy: 2, unhealthy: 3},
    },
    userdata: {template: 'nginx', vars: {title: 'Hello from mcd'}},
    groups: [
      {
        name: 'virginia',
        place: {key: 'aws:us-east-1', provider: 'aws', region: 'us-east-1'},
        count: 2,
        wish: {
          types: ['t3.micro'],
          image: 'ubuntu-24.04',
          subnets: [],
          securityGroups: [],
          open: [80],
          spot: false,
          deletionProtection: false,
          networks: [],
          metadata: {},
          tags: {},
        },
      },
      {
        name: 'east',
        place: {
          key: 'joyent:us-central-1.api.mnx.io',
          provider: 'joyent',
          endpoint: 'https://us-central-1.api.mnx.io',
        },
        count: 2,
        wish: {
          types: ['g1.nano'],
          image: 'ubuntu-24.04',
          subnets: [],
          securityGroups: [],
          open: [80],
          spot: false,
          deletionProtection: false,
          networks: [],
          metadata: {},
          tags: {},
        },
      },
    ],
    names: [
      {
        vendor: 'cloudflare',
        zone: 'example.com',
        name: 'www.example.com',
        ttlSeconds: 60,
        proxied: false,
        routing: 'multivalue',
        address: 'public',
        registration: 'mcd',
      },
    ],
    drainWait: 'auto',
    rollout: {batch: {percent: 25}, pauseMs: 0},
    limits: {},
    state: {kind: 'local'},
    file: '/fleets/mcd.yaml',
    warnings: [],
  })
})

const SMALLEST = `
fleet: web
service: {port: 8080}
userdata: {template: ./userdata}
groups:
  here: {provider: triton, type: g1.nano, image: debian-12}
dns: {provider: route53, zone: Example.COM., name: "@"}
`

test.each(['http', 'https', 'tcp'] as const)('health is asked for by %s', protocol => {
  const {service} = parse(SMALLEST.replace('{port: 8080}', `{port: 80, health: {protocol: ${protocol}}}`))
  expect(service.health).toMatchObject({protocol, path: '/'})
})

test('what is left out has its default', () => {
  const {service, groups, names, drainWait, limits} = parse(SMALLEST)
  expect(service.health).toEqual({
    protocol: 'http',
    path: '/',
    intervalMs: 5_000,
    timeoutMs: 2_000,
    healthy: 2,
    unhealthy: 3,
  })
  expect(groups[0]).toMatchObject({
    count: 1,
    place: {key: 'joyent:default', provider: 'joyent'},
    wish: {open: [8080]},
  })
  expect(names).toEqual([
    {
      vendor: 'route53',
      zone: 'example.com',
      name: 'example.com',
      ttlSeconds: 60,
      proxied: false,
      routing: 'multivalue',
      address: 'public',
      registration: 'self',
    },
  ])
  expect({drainWait, limits}).toEqual({drainWait: 'auto', limits: {}})
})

test('every setting of an EC2 group reaches the launch', () => {
  const text = fleetFile([
    '    type: t3.micro\n',
    `    endpoint: http://euca.example.com:8773/services/compute/
    compatible: eucalyptus
    profile: private
    type: [m1.small, m1.large]
    subnets: [subnet-1, subnet-2]
    securityGroups: [default]
    keyPair: admin
    instanceProfile: web
    disk: 20GB
    deletionProtection: true
    tags: {team: web}
`,
  ])
  const [group] = parse(text).groups
  expect(group?.place).toEqual({
    key: 'aws:http://euca.example.com:8773/services/compute',
    provider: 'aws',
    region: 'us-east-1',
    endpoint: 'http://euca.example.com:8773/services/compute',
    profile: 'private',
    compatible: 'eucalyptus',
  })
  expect(group?.wish).toEqual({
    types: ['m1.small', 'm1.large'],
    image: 'ubuntu-24.04',
    subnets: ['subnet-1', 'subnet-2'],
    securityGroups: ['default'],
    // Own security groups: nothing is opened beside them.
    open: [],
    keyPair: 'admin',
    instanceProfile: 'web',
    spot: false,
    diskGb: 19,
    deletionProtection: true,
    networks: [],
    metadata: {},
    tags: {team: 'web'},
  })
})

test.each([
  ['by its endpoint', '    endpoint: https://cloud.example.com:8443/\n', 'joyent:cloud.example.com:8443'],
  ['by its profile', '    profile: home\n', 'joyent:profile:home'],
  [
    'by its endpoint before its profile',
    '    profile: home\n    endpoint: https://cloud.example.com\n',
    'joyent:cloud.example.com',
  ],
  ['by neither', '', 'joyent:default'],
])('a Triton place is named %s', (_how, lines, key) => {
  const [, group] = parse(fleetFile(['    endpoint: https://us-central-1.api.mnx.io\n', lines])).groups
  expect(group?.place.key).toBe(key)
})

test.each([
  ['www', 'example.com', 'www.example.com'],
  ['@', 'example.com', 'example.com'],
  ['a.b', 'example.com', 'a.b.example.com'],
  ['WWW.Example.com.', 'example.com', 'www.example.com'],
  ['example.com', 'example.com', 'example.com'],
  ['bücher', 'example.com', 'xn--bcher-kva.example.com'],
])('the name %s in the zone %s is %s', (name, zone, full) => {
  expect(parse(fleetFile(['name: www', `name: "${name}"`], ['zone: example.com', `zone: ${zone}`])).dns).toBe(
    full,
  )
})

test('several DNS blocks keep their order, and the first one names the fleet', () => {
  const fleet = parse(
    fleetFile([
      '  provider: cloudflare\n  zone: example.com\n  name: www\n  ttl: 60s\n  registration: mcd\n',
      '  - {provider: route53, zone: example.com, name: "@", ttl: 5s, registration: mcd}\n  - {provider: cloudflare, zone: example.com, name: www}\n',
    ]),
  )
  expect(fleet.dns).toBe('example.com')
  expect(fleet.names.map(({vendor, ttlSeconds}) => [vendor, ttlSeconds])).toEqual([
    ['route53', 5],
    ['cloudflare', 60],
  ])
})

test('a rollout in batches, zones in order and a failover are read with their units', () => {
  const fleet = parse(
    fleetFile(
      [
        '    type: t3.micro\n',
        '    type: t3.micro\n    zones: [us-east-1b, us-east-1a, us-east-1b]\n    spread: false\n    failover: {to: east, floor: 3}\n',
      ],
      ['    type: g1.nano\n', '    type: g1.nano\n    failover: {to: virginia, floor: 3, after: 1h}\n'],
      ['state: local', 'rollout: {batch: 50%, pause: 30s}'],
    ),
  )
  expect(fleet.rollout).toEqual({batch: {percent: 50}, pauseMs: 30_000})
  expect(fleet.groups.map(({failover}) => failover)).toEqual([
    {to: 'east', floor: 3, afterMs: 600_000},
    {to: 'virginia', floor: 3, afterMs: 3_600_000},
  ])
  expect(fleet.groups[0]?.wish).toMatchObject({zones: ['us-east-1b', 'us-east-1a'], spread: false})
})

test.each([
  ['a number of instances', 'batch: 3', {count: 3}],
  ['a number from a variable', 'batch: "${env:BATCH}"', {count: 7}],
  ['all of them', 'batch: 100%', {percent: 100}],
])('a batch may be %s', (_what, line, batch) => {
  expect(parse(fleetFile(['state: local', `rollout: {${line}}`]), {BATCH: '7'}).rollout).toEqual({
    batch,
    pauseMs: 0,
  })
})

test('a proxied name has the TTL that CloudFlare gives it', () => {
  expect(parse(fleetFile(['  ttl: 60s\n', '  proxied: true\n'])).names[0]).toMatchObject({
    proxied: true,
    ttlSeconds: 300,
  })
})

test('limits and a drain of its own are read with their units', () => {
  const fleet = parse(
    fleetFile(
      ['wait: auto', 'wait: 2m'],
      ['state: local', 'limits: {triton: {concurrency: 2, rate: 300/m}, aws: {rate: 2.5/s}}'],
    ),
  )
  expect(fleet.drainWait).toEqual({ms: 120_000})
  expect(fleet.limits).toEqual({joyent: {concurrency: 2, perSecond: 5}, aws: {perSecond: 2.5}})
})

test('a Route53 name routes as its file says, with the weights of the groups', () => {
  const text = fleetFile(
    ['provider: cloudflare', 'provider: route53'],
    ['  ttl: 60s\n', '  routing: weighted\n  ipv6: false\n'],
    ['    type: t3.micro\n', '    type: t3.micro\n    weight: 255\n'],
  )
  const {names, groups, warnings} = parse(text)
  expect(names[0]).toMatchObject({routing: 'weighted', ipv6: false})
  expect(groups[0]).toMatchObject({weight: 255})
  expect(warnings).toEqual([])
})

test('what is accepted and not carried out is said in a sentence each', () => {
  const text = fleetFile(
    [
      '    type: t3.micro\n',
      '    type: t3.micro\n    weight: 5\n    priority: 1\n    failover: {to: east, floor: 2}\n',
    ],
    ['wait: auto', 'wait: 5s'],
  )
  expect(parse(text).warnings).toEqual([
    'groups.virginia.weight is not used: it is for SRV values, and no dns block has "discovery" or "routing: weighted".',
    'groups.virginia.priority is not used: it is for SRV values, and no dns block has "discovery".',
    'groups.virginia.failover never sets in: east has 2, and a floor of 2 asks for no more.',
    'drain.wait (5s) is shorter than the TTL (1m): instances end while resolvers still answer with them.',
  ])
})

test('discovery is read as DNS-SD writes it, with the shares of each group', () => {
  const {groups, names, warnings} = parse(
    fleetFile(
      ['    type: t3.micro\n', '    type: t3.micro\n    weight: 5\n    priority: 1\n'],
      [
        '  registration: mcd\n',
        '  registration: mcd\n  discovery: {service: _http._tcp, instance: v1, txt: {path: /, v: "1"}}\n',
      ],
    ),
  )
  expect(groups[0]).toMatchObject({weight: 5, priority: 1})
  expect(names[0]?.discovery).toEqual({service: '_http._tcp', instance: 'v1', txt: ['path=/', 'v=1']})
  expect(warnings).toEqual([])
})

test('an attribute that looks like a secret is warned of, since everybody can read it, and not shown', () => {
  const discovery = '{service: _http._tcp, instance: v1, txt: {path: /, token: "${env:TOKEN}"}}'
  const {warnings} = parse(
    fleetFile(['  registration: mcd\n', `  registration: mcd\n  discovery: ${discovery}\n`]),
    {TOKEN: 'hunter2'},
  )
  expect(warnings).toEqual([
    'dns.discovery.txt has "token", which looks like a secret by its key: everybody can read a TXT record.',
  ])
})

test('groups may share what an anchor names, and override it', () => {
  const text = fleetFile(
    ['  virginia:\n', '  virginia: &aws\n'],
    ['  east:\n', '  west:\n    count: 5\n    <<: *aws\n    region: us-west-2\n  east:\n'],
  )
  expect(parse(text).groups[1]).toMatchObject({
    name: 'west',
    count: 5,
    place: {key: 'aws:us-west-2'},
    wish: {types: ['t3.micro']},
  })
})

test('a variable may stand in any value, and fits the kind that is wanted', () => {
  const text = fleetFile(
    ['count: 2', 'count: ${env:COUNT}'],
    ['zone: example.com', 'zone: ${env:STAGE}.example.com'],
    ['  registration: mcd\n', '  registration: mcd\n  proxied: "${env:PROXIED}"\n'],
    ['    image: ubuntu-24.04\n', '    image: ubuntu-24.04\n    tags: {cost: "${env:COUNT}"}\n'],
  )
  const fleet = parse(text, {COUNT: '3', STAGE: 'test', PROXIED: 'true'})
  expect(fleet.dns).toBe('www.test.example.com')
  expect(fleet.names[0]?.proxied).toBe(true)
  expect(fleet.groups[0]).toMatchObject({count: 3, wish: {tags: {cost: '3'}}})
})

test('values from the environment that go to instances are secrets, others are not', () => {
  const text = fleetFile(
    ['{title: Hello from mcd}', '{title: Hello, key: "${env:KEY}", both: "${env:KEY}-${env:OTHER}"}'],
    ['    type: g1.nano\n', '    type: g1.nano\n    metadata: {role: web, key: "${env:KEY}"}\n'],
    ['  registration: mcd\n', '  instanceCredentials: {token: "${env:KEY}"}\n'],
  )
  const fleet = parse(text, {KEY: 'sesame', OTHER: 'x'})
  const {title, key, both} = fleet.userdata.vars
  expect(title).toBe('Hello')
  expect(both).toMatchObject({origin: 'env:KEY,OTHER'})
  const credentials = fleet.names[0]?.instanceCredentials
  for (const secret of [
    key,
    fleet.groups[1]?.wish.metadata.key,
    credentials?.kind === 'token' && credentials.token,
  ]) {
    expect(secret).toBeInstanceOf(Secret)
    expect(secret).toMatchObject({origin: 'env:KEY'})
    expect((secret as Secret).reveal()).toBe('sesame')
  }
  expect(fleet.groups[1]?.wish.metadata.role).toBe('web')
  expect(JSON.stringify(fleet)).not.toContain('sesame')
})

test('a doubled dollar writes a brace out, and other dollars stay as they are', () => {
  const text = fleetFile(['title: Hello from mcd', 'title: "$${env:A} ${HOME} $5"'])
  expect(parse(text).userdata.vars.title).toBe('${env:A} ${HOME} $5')
})

test('in the sandbox the credentials of the file stand aside, set or not', () => {
  const text = fleetFile(['  registration: mcd\n', '  instanceCredentials: {token: "${env:TOKEN}"}\n'])
  expect(() => parse(text)).toThrow('the environment variable TOKEN is not set')
  for (const env of [{}, {TOKEN: ''}])
    expect(parse(text, env, true).names[0]).not.toHaveProperty('instanceCredentials')
  expect(parse(text, {TOKEN: 'real'}, true).names[0]).not.toHaveProperty('instanceCredentials')
})

test('a free value may be empty, and is warned of where a variable leaves it so', () => {
  const text = fleetFile(['title: Hello from mcd', 'title: "${env:KEY}", plain: ""'])
  expect(parse(text, {KEY: ''}).warnings).toEqual([
    'userdata.vars.title is empty, since the environment variable KEY is: instances get nothing there.',
  ])
  expect(parse(text, {KEY: 'sesame'}).warnings).toEqual([])
})

test.each([
  ['s3://acme-state', {kind: 's3', bucket: 'acme-state', prefix: ''}],
  ['s3://acme-state/mcd/prod/', {kind: 's3', bucket: 'acme-state', prefix: 'mcd/prod'}],
  [
    's3://acme-state/mcd?region=eu-west-1&encryption=aws:kms&kmsKeyId=alias/states',
    {
      kind: 's3',
      bucket: 'acme-state',
      prefix: 'mcd',
      region: 'eu-west-1',
      encryption: {kind: 'aws:kms', kmsKeyId: 'alias/states'},
    },
  ],
  [
    'postgres://mcd@db.example.com:6432/mcd?schema=web',
    {
      kind: 'postgres',
      host: 'db.example.com',
      port: 6432,
      database: 'mcd',
      user: 'mcd',
      schema: 'web',
      sslmode: 'require',
    },
  ],
  ['postgresql://localhost/mcd', {kind: 'postgres', host: 'localhost', database: 'mcd', sslmode: 'disable'}],
  [
    's3://acme-state/mcd?endpoint=https://minio.example.com:9000',
    {kind: 's3', bucket: 'acme-state', prefix: 'mcd', endpoint: 'https://minio.example.com:9000'},
  ],
])('the journal may lie in %s', (written, state) => {
  expect(parse(fleetFile(['state: local', `state: ${written}`])).state).toEqual(state)
})

test('the password of its database comes from the environment, and is never shown', () => {
  const written = 'state: "postgres://mcd:${env:DB_PASSWORD}@db.example.com/mcd"'
  const {state} = parse(fleetFile(['state: local', written]), {DB_PASSWORD: 'hunter2'})
  expect(state.kind === 'postgres' && state.password?.reveal()).toBe('hunter2')
  expect(JSON.stringify(state)).not.toContain('hunter2')
})

test('where nobody opens the journal, its password need not be there; the rest of its address must', () => {
  const read = (state: string, opensState: boolean) =>
    parseFleetFile(fleetFile(['state: local', `state: "${state}"`]), 'mcd.yaml', {
      env: {},
      directory: '/fleets',
      opensState,
    })
  const written = 'postgres://mcd:${env:DB_PASSWORD}@db.example.com/mcd'
  expect(read(written, false).state).toMatchObject({host: 'db.example.com', user: 'mcd'})
  expect(() => read(written, true)).toThrow(/DB_PASSWORD is not set/)
  expect(() => read('postgres://mcd@${env:DB_HOST}/mcd', false)).toThrow(/DB_HOST is not set/)
  expect(() => read('s3://${env:BUCKET}/mcd', false)).toThrow(/BUCKET is not set/)
})
