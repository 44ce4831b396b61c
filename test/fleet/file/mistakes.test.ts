import {expect, test} from 'vitest'
import {fleetFile as f, mistakesIn} from '../../support/fleet-file.ts'

const AWS = '    region: us-east-1\n'
const JOYENT = '    endpoint: https://us-central-1.api.mnx.io\n'
const DNS = '  registration: mcd\n'

/** One block of the file, with everything inside it. */
const block = (key: string, next: string) => f().slice(f().indexOf(`${key}:`), f().indexOf(`${next}:`))

/** Each kind of mistake, a file that has it, and the whole answer: line, column, what is wrong and what to do. */
test.each<[rule: string, text: string, mistakes: string[]]>([
  [
    'an unknown key at the top',
    f(['drain:', 'drian:']),
    ['27:1: unknown key "drian" (did you mean "drain"?)'],
  ],
  [
    'an unknown key in a group',
    f(['count: 2', 'cuont: 2']),
    ['12:5: unknown key "cuont" in groups.virginia (did you mean "count"?)'],
  ],
  [
    'the word of another tool',
    f(['type: g1.nano', 'package: g1.nano']),
    [
      '16:5: "type" is missing in groups.east (it must be a type such as "t3.micro", or a list of them)',
      '19:5: unknown key "package" in groups.east (did you mean "type"?)',
    ],
  ],
  [
    'an unknown key that is like none',
    f(['service:', 'service:\n  colour: red']),
    ['3:3: unknown key "colour" in service (known here: port, health)'],
  ],
  [
    'a path that is never asked for',
    f(['health: {path: /,', 'health: {protocol: tcp, path: /,']),
    [
      '4:27: "path" is not asked for where health is a connection that opens ("protocol: tcp") (take it out, or set "protocol: http")',
    ],
  ],
  [
    'a protocol that nobody checks by',
    f(['health: {path: /,', 'health: {protocol: udp,']),
    ['4:22: protocol must be http, https or tcp, not "udp"'],
  ],
  [
    'a missing key',
    f(['    type: t3.micro\n', '']),
    ['10:5: "type" is missing in groups.virginia (it must be a type such as "t3.micro", or a list of them)'],
  ],
  [
    'a missing key at the top',
    f(['fleet: web\n', '']),
    [
      '1:1: "fleet" is missing (it must be a DNS label of at most 24 characters: a-z, 0-9 and "-", beginning with a letter)',
    ],
  ],
  [
    'a missing key of few choices',
    f(['    provider: joyent\n', '']),
    ['16:5: "provider" is missing in groups.east (it must be aws, joyent or triton)'],
  ],
  [
    'a word for a number',
    f(['count: 2', 'count: two']),
    ['12:12: count must be a whole number from 0 to 10000, not "two"'],
  ],
  [
    'a negative count',
    f(['count: 2', 'count: -1']),
    ['12:12: count must be a whole number from 0 to 10000, not -1'],
  ],
  [
    'half an instance',
    f(['count: 2', 'count: 1.5']),
    ['12:12: count must be a whole number from 0 to 10000, not 1.5'],
  ],
  [
    'a port out of range',
    f(['port: 80', 'port: 99999']),
    ['3:9: port must be a whole number from 1 to 65535, not 99999'],
  ],
  [
    'a list item out of range',
    f([AWS, `${AWS}    open: [80, 0]\n`]),
    ['12:16: open[1] must be a whole number from 1 to 65535, not 0'],
  ],
  [
    'a scalar for a list',
    f([AWS, `${AWS}    open: 80\n`]),
    ['12:11: open must be a list of ports such as [80], not 80'],
  ],
  [
    'a scalar for a mapping',
    f(['service:', 'service: web\nunused:']),
    [
      '2:10: service must be a mapping of keys and values, not "web"',
      '3:1: unknown key "unused" (known here: fleet, service, userdata, groups, dns, drain, rollout, limits, state, notify)',
    ],
  ],
  [
    'a list for a mapping',
    f(['drain: {wait: auto}', 'drain: [auto]']),
    ['27:8: drain must be a mapping of keys and values, not a list'],
  ],
  [
    'an empty value',
    f(['drain: {wait: auto}', 'drain:']),
    ['27:1: drain must be a mapping of keys and values, but is empty'],
  ],
  [
    'a number for text',
    f(['template: nginx', 'template: 5']),
    ['6:13: template must be text such as "nginx", not 5 (put it in quotes)'],
  ],
  [
    'yes for true',
    f([DNS, `${DNS}  proxied: yes\n`]),
    ['27:12: proxied must be true or false, not "yes" (YAML writes it true)'],
  ],
  [
    'a mistyped provider',
    f(['provider: joyent', 'provider: joyant']),
    ['16:15: provider must be aws, joyent or triton, not "joyant" (did you mean "joyent"?)'],
  ],
  [
    'what else is wrong where the provider is not known',
    f(['provider: aws', 'provider: azure'], ['count: 2', 'count: many']),
    [
      '10:15: provider must be aws, joyent or triton, not "azure"',
      '12:12: count must be a whole number from 0 to 10000, not "many"',
    ],
  ],
  [
    'a mistyped choice',
    f(['registration: mcd', 'registration: slef']),
    ['26:17: registration must be self or mcd, not "slef" (did you mean "self"?)'],
  ],
  [
    'a mistyped image alias',
    f(['image: ubuntu-24.04', 'image: ubunut-24.04']),
    ['14:12: unknown image "ubunut-24.04" (did you mean "ubuntu-24.04"?)'],
  ],
  [
    'an image unlike any alias',
    f(['image: ubuntu-24.04', 'image: windows']),
    [
      '14:12: unknown image "windows" (use an image id, or one of ubuntu-24.04, ubuntu-22.04, debian-13, debian-12, al2023)',
    ],
  ],
  [
    'a broken image id',
    f(['image: ubuntu-24.04', 'image: ami-xyz']),
    ['14:12: "ami-xyz" is no image id (an image id is "ami-" and 8 or 17 hexadecimal digits)'],
  ],
  [
    'a duration without unit',
    f(['ttl: 60s', 'ttl: 60']),
    ['25:8: ttl needs a unit: write "60s" or "60m", not 60'],
  ],
  [
    'a duration without unit in quotes',
    f(['ttl: 60s', 'ttl: "60"']),
    ['25:8: ttl needs a unit: write "60s" or "60m", not 60'],
  ],
  [
    'a duration that is none',
    f(['interval: 5s', 'interval: soon']),
    ['4:31: interval must be a duration such as "5s", "2m" or "1h30m", not "soon"'],
  ],
  [
    'a duration that is too short',
    f(['interval: 5s', 'interval: 5ms']),
    ['4:31: interval must be at least 100ms, not "5ms"'],
  ],
  [
    'a size without unit',
    f([AWS, `${AWS}    disk: 20\n`]),
    ['12:11: disk needs a unit: write "20GB" or "20GiB", not 20'],
  ],
  [
    'a rate without unit',
    f(['state: local', 'limits: {aws: {rate: 5}}']),
    ['28:22: rate needs a unit: write "5/s" or "5/m", not 5'],
  ],
  [
    'a drain that is no duration',
    f(['wait: auto', 'wait: 5']),
    ['27:15: wait must be "auto" or a duration such as "30s", not 5'],
  ],
  [
    'a TTL below what CloudFlare takes',
    f(['ttl: 60s', 'ttl: 29s']),
    ['25:8: ttl must be at least 30s on cloudflare, not "29s"'],
  ],
  [
    'a TTL of part of a second',
    f(['ttl: 60s', 'ttl: 60500ms']),
    ['25:8: ttl must be whole seconds, not "60500ms"'],
  ],
  [
    'a TTL above what Route53 takes',
    f(['provider: cloudflare', 'provider: route53'], ['ttl: 60s', 'ttl: 99999d']),
    ['25:8: ttl must be at most 2147483647s on route53, not "99999d"'],
  ],
  [
    'a key pair on Triton',
    f([JOYENT, `${JOYENT}    keyPair: me\n`]),
    ['18:5: "keyPair" does not exist on joyent (Triton puts the keys of the account on every instance)'],
  ],
  [
    'spot and a disk on Triton',
    f([JOYENT, `${JOYENT}    spot: true\n    disk: 20GB\n`]),
    [
      '18:5: "spot" does not exist on joyent (Triton has no spot market)',
      '19:5: "disk" does not exist on joyent (a Triton package fixes the disk: choose another "type")',
    ],
  ],
  [
    'networks on EC2',
    f([AWS, `${AWS}    networks: [external]\n`]),
    ['12:5: "networks" does not exist on aws (EC2 has "subnets")'],
  ],
  [
    'routing on CloudFlare',
    f([DNS, `${DNS}  routing: simple\n`]),
    [
      '27:3: "routing" does not exist on cloudflare (CloudFlare has one record for each address, and answers with all of them)',
    ],
  ],
  [
    'a weight that Route53 does not take',
    f(
      ['provider: cloudflare', 'provider: route53'],
      [DNS, `${DNS}  routing: weighted\n`],
      [AWS, `${AWS}    weight: 256\n`],
    ),
    [
      '12:13: weight must be at most 255 with "routing: weighted", not 256 (Route53 takes no more; shares count, not sizes: 510 beside 170 is 3 beside 1)',
    ],
  ],
  [
    'proxied on Route53',
    f(['provider: cloudflare', 'provider: route53'], [DNS, `${DNS}  proxied: true\n`]),
    ['27:3: "proxied" does not exist on route53 (Route53 has no proxy)'],
  ],
  [
    'zones on Triton',
    f([JOYENT, `${JOYENT}    zones: [a]\n    spread: false\n`]),
    [
      '18:5: "zones" does not exist on joyent (a Triton data centre has none)',
      '19:5: "spread" does not exist on joyent (a Triton data centre has no zones; its servers are spread over by themselves)',
    ],
  ],
  [
    'zones beside subnets',
    f([AWS, `${AWS}    zones: [us-east-1a]\n    subnets: [subnet-1]\n`]),
    [
      '12:5: "zones" and "subnets" exclude each other (a subnet is in one zone: list the subnets of the zones you want, in their order)',
    ],
  ],
  ['no zone at all', f([AWS, `${AWS}    zones: []\n`]), ['12:12: zones must name at least one zone']],
  [
    'a failover to a group that is none',
    f([AWS, `${AWS}    failover: {to: eats, floor: 4}\n`]),
    ['12:20: failover names no group "eats" (did you mean "east"?)'],
  ],
  [
    'a failover to itself',
    f([AWS, `${AWS}    failover: {to: virginia, floor: 4}\n`]),
    ['12:20: group "virginia" cannot take over for itself (name a group in another place)'],
  ],
  [
    'a failover to the place that is silent itself',
    f(
      [AWS, `${AWS}    failover: {to: second, floor: 4}\n`],
      [
        '  east:\n',
        '  second: {provider: aws, region: us-east-1, type: t3.micro, image: debian-12}\n  east:\n',
      ],
    ),
    [
      '12:20: groups "virginia" and "second" are in one place (aws:us-east-1), which falls silent as a whole (name a group in another place)',
    ],
  ],
  [
    'a failover without a floor, and one that sets in at once',
    f(
      [AWS, `${AWS}    failover: {to: east, after: 10s}\n`],
      [JOYENT, `${JOYENT}    failover: {to: virginia, floor: 0}\n`],
    ),
    [
      '12:15: "floor" is missing in groups.virginia.failover (it must be a whole number of at least 1)',
      '12:33: after must be at least 1m (mcd asks a cloud again for about that long before it counts as silent), not "10s"',
      '19:37: floor must be a whole number of at least 1, not 0',
    ],
  ],
  [
    'a batch of nothing',
    f(['state: local', 'rollout: {batch: 0}']),
    ['28:18: batch must be a whole number of at least 1, or a percentage such as "25%", not 0'],
  ],
  [
    'a batch of more than all',
    f(['state: local', 'rollout: {batch: 101%, pause: 30}']),
    [
      '28:18: batch must be a whole number of at least 1, or a percentage such as "25%", not "101%"',
      '28:31: pause needs a unit: write "30s" or "30m", not 30',
    ],
  ],
  [
    'a batch of some other kind',
    f(['state: local', 'rollout: {batch: [1]}']),
    ['28:18: batch must be a whole number of at least 1, or a percentage such as "25%", not a list'],
  ],
  [
    'a place for the journal that is none',
    f(['state: local', 'state: nfs://server/share']),
    [
      '28:8: state must be "local", or a place such as "s3://bucket/prefix" or "postgres://host/database", not "nfs://server/share"',
    ],
  ],
  [
    'a bucket in capitals',
    f(['state: local', 'state: s3://Acme_State/mcd']),
    ['28:8: state names no bucket ("Acme_State"): write s3://BUCKET/PREFIX'],
  ],
  [
    'credentials in the place for the journal',
    f(['state: local', 'state: s3://key:secret@bucket/prefix']),
    ['28:8: state must not hold credentials: they come from the environment, as for the AWS CLI'],
  ],
  [
    'a password in the place for the journal',
    f(['state: local', 'state: postgres://mcd:hunter2@db.example.com/mcd']),
    [
      '28:8: state must not hold a password (leave it out and set PGPASSWORD, or write "${env:NAME}" in its place)',
    ],
  ],
  [
    'a database that is not named',
    f(['state: local', 'state: postgres://db.example.com']),
    ['28:8: state must name a host and a database: write postgres://USER@HOST/DATABASE'],
  ],
  [
    'an option that S3 states do not have',
    f(['state: local', 'state: s3://bucket/prefix?regoin=eu-west-1']),
    ['28:8: state knows no "regoin": after "?" stand region, endpoint, encryption, kmsKeyId'],
  ],
  [
    'an AWS group without a region',
    f([AWS, '']),
    [
      '10:5: "region" is missing in groups.virginia (such as "us-east-1"; or give the "endpoint" of an EC2-compatible cloud)',
    ],
  ],
  [
    '"compatible" without an endpoint',
    f([AWS, `${AWS}    compatible: eucalyptus\n`]),
    ['12:5: "compatible" needs an "endpoint" (AWS itself lacks nothing)'],
  ],
  [
    'spot on Eucalyptus',
    f([AWS, '    endpoint: http://euca:8773/services/compute\n    compatible: eucalyptus\n    spot: true\n']),
    ['13:5: "spot" does not exist on eucalyptus (remove it)'],
  ],
  [
    '"open" beside security groups',
    f([AWS, `${AWS}    open: [80]\n    securityGroups: [sg-1]\n`]),
    [
      '12:5: "open" and "securityGroups" exclude each other (open the ports in your own security groups, or let mcd make one with "open")',
    ],
  ],
  [
    'two accounts in one place',
    f([
      '  east:\n',
      '  other: {provider: aws, region: us-east-1, profile: prod, type: t3.micro, image: debian-12}\n  east:\n',
    ]),
    [
      '15:54: groups "virginia" and "other" are in one place (aws:us-east-1) but differ in "profile" (a fleet has one account and one way to reach it per place)',
    ],
  ],
  [
    'a fleet name that is no label',
    f(['fleet: web', 'fleet: Web Shop']),
    [
      '1:8: fleet must be a DNS label of at most 24 characters: a-z, 0-9 and "-", beginning with a letter, not "Web Shop"',
    ],
  ],
  [
    'a group name that is no label',
    f(['  virginia:', '  Virginia_1:']),
    [
      '9:3: group name "Virginia_1" must be a DNS label of at most 24 characters: a-z, 0-9 and "-", beginning with a letter',
    ],
  ],
  ['no group', f([block('groups', 'dns'), 'groups: {}\n']), ['8:9: groups must hold at least one group']],
  ['no DNS name', f([block('dns', 'drain'), 'dns: []\n']), ['21:6: dns must name at least one DNS name']],
  [
    'one group twice',
    f(['  east:', '  virginia:']),
    ['15:3: "virginia" stands here a second time (keep one of the two)'],
  ],
  [
    'a name outside the zone',
    f(['name: www', 'name: www.exmaple.com']),
    [
      '24:9: www.exmaple.com is not inside the zone example.com (write the part before the zone, such as "www")',
    ],
  ],
  [
    'a name that is none',
    f(['name: www', 'name: "w w"']),
    ['24:9: name must be a DNS name such as "www", not "w w"'],
  ],
  [
    'a wildcard',
    f(['name: www', 'name: "*"']),
    ['24:9: name must not hold "*" (an instance registers one name)'],
  ],
  [
    'a name that is too long',
    f(['name: www', `name: ${'a.'.repeat(120)}a`]),
    ['24:9: name is too long: 253 characters with its zone, 248 at most'],
  ],
  [
    'a zone that is none',
    f(['zone: example.com', 'zone: example']),
    ['23:9: zone must be a domain name such as "example.com", not "example"'],
  ],
  [
    'one name twice',
    f([
      block('dns', 'drain'),
      'dns:\n  - {provider: route53, zone: example.com, name: www}\n  - {provider: route53, zone: example.com., name: WWW.example.com}\n',
    ]),
    ['23:51: www.example.com on route53 stands here a second time (keep one of the two blocks)'],
  ],
  [
    'a mistake in the second of two DNS blocks',
    f([
      block('dns', 'drain'),
      'dns:\n  - {provider: route53, zone: example.com, name: www}\n  - {provider: cloudflare, zone: example.com, nmae: www}\n',
    ]),
    [
      '23:5: "name" is missing in dns[1] (it must be text such as "www")',
      '23:47: unknown key "nmae" in dns[1] (did you mean "name"?)',
    ],
  ],
  [
    'a proxied private address',
    f([DNS, `${DNS}  proxied: true\n  address: private\n`]),
    [
      '27:3: "proxied" needs public addresses (CloudFlare cannot reach private ones: set one of "proxied" and "address")',
    ],
  ],
  [
    'a credential in the file',
    f([DNS, `${DNS}  instanceCredentials: {token: hunter2hunter2}\n`]),
    [
      `27:32: token must not stand in the file itself (put it into an environment variable and write "\${env:NAME}")`,
    ],
  ],
  [
    'a credential of the wrong kind',
    f([DNS, `${DNS}  instanceCredentials: {token: 12345}\n`]),
    [`27:32: token must be text such as "\${env:WEB_DNS_TOKEN}", not what stands here`],
  ],
  [
    'the credentials of the other vendor',
    f([DNS, `${DNS}  instanceCredentials: {accessKeyId: "\${env:TITLE}"}\n`]),
    [
      `27:24: "token" is missing in dns.instanceCredentials (it must be text such as "\${env:WEB_DNS_TOKEN}")`,
      '27:25: unknown key "accessKeyId" in dns.instanceCredentials (known here: token)',
    ],
  ],
  [
    'a variable that is not set',
    f(['title: Hello from mcd', `title: "\${env:TITEL}"`]),
    ['7:18: the environment variable TITEL is not set (did you mean "TITLE"?)'],
  ],
  [
    'a variable that is not set and like none',
    f(['title: Hello from mcd', `title: "say \${env:GREETING_WORDS}"`]),
    ['7:22: the environment variable GREETING_WORDS is not set (set it: export GREETING_WORDS=…)'],
  ],
  [
    'a variable that is set to nothing, as a pipeline does with a secret that it does not have',
    `${f([DNS, `${DNS}  instanceCredentials: {token: "\${env:EMPTY}"}\n`])}notify:
  - {url: "\${env:EMPTY}", secret: "\${env:EMPTY}"}
`,
    ['27:32', '31:11', '31:35'].map(
      at =>
        `${at}: the environment variable EMPTY is empty (set it: export EMPTY=…; a pipeline leaves a secret empty that it does not have)`,
    ),
  ],
  [
    'a variable with a name that cannot be one',
    f(['title: Hello from mcd', `title: "a \${env:1} b"`]),
    [`7:20: "\${env:1}" is not a variable (write \${env:NAME}, or $\${ for a plain \${)`],
  ],
  [
    'a variable that does not hold a number',
    f(['count: 2', `count: \${env:TITLE}`]),
    [`12:12: count must be a whole number from 0 to 10000, not what \${env:TITLE} holds`],
  ],
  [
    'a variable in braces without quotes',
    f(['vars: {title: Hello from mcd}', `vars: {title: \${env:TITLE}}`]),
    [`7:18: \${env:…} must be in quotes between { and } (write {token: "\${env:NAME}"})`],
  ],
  [
    'a tag under the prefix of mcd',
    f([AWS, `${AWS}    tags: {"mcd:fleet": x}\n`]),
    ['12:12: tags must not begin with "mcd:": mcd uses it (choose another key)'],
  ],
  [
    'a tag under the prefix of the cloud',
    f([JOYENT, `${JOYENT}    tags: {triton.cns.services: x}\n`]),
    ['18:12: tags must not begin with "triton.": the cloud uses it (choose another key)'],
  ],
  [
    'userdata by way of metadata',
    f([JOYENT, `${JOYENT}    metadata: {user-script: x}\n`]),
    ['18:16: metadata must not hold "user-script" (what instances run at boot comes from "userdata")'],
  ],
  [
    'a tag that is a number',
    f([AWS, `${AWS}    tags: {cost: 7}\n`]),
    ['12:18: cost must be text, not 7 (put it in quotes)'],
  ],
  [
    'credentials in an endpoint',
    f(['https://us', 'https://me:pw@us']),
    [
      '17:15: endpoint must be a URL such as "https://cloud.example.com", without credentials, not what stands here',
    ],
  ],
  [
    'Triton under both its names',
    f(['state: local', 'limits: {joyent: {concurrency: 2}, triton: {concurrency: 3}}']),
    ['28:36: "joyent" and "triton" are the same provider (keep one of the two)'],
  ],
  [
    'a mistyped provider in the limits',
    f(['state: local', 'limits: {rout53: {rate: 5/s}}']),
    ['28:10: unknown key "rout53" in limits (did you mean "route53"?)'],
  ],
  [
    'a name of a value that no template can use',
    f(['title: Hello', 'my-title: Hello']),
    ['7:10: "my-title" must be a name of letters, digits and "_"'],
  ],
  [
    'a list as a value for the template',
    f(['title: Hello from mcd', 'title: [a]']),
    ['7:17: title must be text, a number, or true or false, not a list'],
  ],
  [
    'a DNS-SD service that is none',
    f([DNS, `${DNS}  discovery: {service: http, instance: v1}\n`]),
    ['27:24: service must be a service such as "_http._tcp", not "http"'],
  ],
  ['an empty file', '', ['1:1: the fleet file is empty ("mcd init" writes one to begin with)']],
  ['comments alone', '# nothing\n', ['1:1: the fleet file is empty ("mcd init" writes one to begin with)']],
  ['a list as the file', '- web\n', ['1:1: the fleet file must be a mapping of keys and values, not a list']],
  ['a tab', f(['  port: 80', '\tport: 80']), ['3:1: a tab cannot indent YAML (use spaces)']],
  [
    'an unclosed brace',
    f(['drain: {wait: auto}', 'drain: {wait: auto']),
    ['27:8: the { that stands here is not closed'],
  ],
  [
    'an unclosed quote',
    f(['template: nginx', 'template: "nginx']),
    ['6:13: the " that stands here is not closed'],
  ],
  [
    'an unclosed bracket around a closed one',
    f(['vars: {title: Hello from mcd}', 'vars: {title: Hello, list: [1, 2], ']),
    ['7:9: the { that stands here is not closed'],
  ],
  [
    'a second document',
    `${f()}---\nfleet: other\n`,
    [
      '29:1: a second YAML document begins here (one file holds one fleet: remove the "---", or keep the other fleet in its own file)',
    ],
  ],
  [
    'an unknown alias',
    f(['fleet: web', 'fleet: &nam web'], ['template: nginx', 'template: *name']),
    ['6:13: unknown alias "*name" (did you mean "*nam"?)'],
  ],
  [
    'an alias of itself',
    f(['vars: {title: Hello from mcd}', 'vars: &vars {title: *vars}']),
    ['7:15: this alias stands inside what it repeats'],
  ],
  [
    'an unknown tag',
    f(['fleet: web', 'fleet: !name web']),
    ['1:8: unknown tag !name (remove it: a fleet file needs no tags)'],
  ],
  [
    'a key without a space',
    f(['fleet: web', 'fleet:web']),
    [
      '1:1: this line cannot be read as YAML: a key stands where a value was expected (check the indentation of this line and the next, and quote text that contains ": ")',
    ],
  ],
  [
    'text with a colon',
    f(['template: nginx', 'template: a: b']),
    [
      '6:13: this line cannot be read as YAML: a key stands where a value was expected (check the indentation of this line and the next, and quote text that contains ": ")',
    ],
  ],
])('%s', (_rule, text, mistakes) => {
  expect(mistakesIn(text, {TITLE: 'x', EMPTY: ''})).toEqual(mistakes.map(mistake => `mcd.yaml:${mistake}`))
})

test('every mistake of a file is answered in one run, in file order', () => {
  const text = f(
    ['fleet: web', 'fleet: WEB'],
    ['port: 80', 'prot: 80'],
    [AWS, ''],
    ['ttl: 60s', 'ttl: 60'],
    ['state: local', 'stat: local'],
  )
  expect(mistakesIn(text).map(mistake => mistake.split(':')[1])).toEqual(['1', '3', '3', '10', '24', '27'])
})

test('a mistake that an alias repeats is answered once', () => {
  const text = f(
    ['  virginia:\n', '  virginia: &group\n'],
    ['count: 2', 'count: two'],
    ['  east:\n', '  copy: *group\n  east:\n'],
  )
  expect(mistakesIn(text)).toEqual([
    'mcd.yaml:12:12: count must be a whole number from 0 to 10000, not "two"',
  ])
})

test('no mistake shows a credential, or what a variable holds', () => {
  const text = f(
    ['count: 2', `count: \${env:HIDDEN}`],
    [DNS, `${DNS}  instanceCredentials: {token: [hidden], tokn: hidden}\n`],
    ['title: Hello from mcd', `title: ["\${env:HIDDEN}"]`],
  )
  const answer = mistakesIn(text, {HIDDEN: 'hidden'}).join('\n')
  expect(answer.split('\n').length).toBeGreaterThan(2)
  expect(answer.replaceAll('[hidden]', '')).not.toContain('hidden')
})
