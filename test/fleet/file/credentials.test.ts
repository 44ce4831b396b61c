// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a fleet file writes its variables so
import {expect, test} from 'vitest'
import {fleetFile, mistakesIn} from '../../support/fleet-file.ts'

const SELF: [string, string] = ['  registration: mcd\n', '  registration: self\n']
const ROUTE53: [string, string] = ['provider: cloudflare', 'provider: route53']
const PROFILE: [string, string] = ['    type: t3.micro\n', '    type: t3.micro\n    instanceProfile: web\n']
const EAST = fleetFile().slice(fleetFile().indexOf('  east:'), fleetFile().indexOf('dns:'))

test.each<[rule: string, text: string, problems: string[]]>([
  ['mcd registers: none are needed', fleetFile(), []],
  [
    'CloudFlare needs a token',
    fleetFile(SELF),
    [
      'mcd.yaml:26:17: www.example.com has "registration: self", but its instances have no credentials for cloudflare (give dns.instanceCredentials {token: "${env:NAME}"}; or set "registration: mcd", which keeps DNS credentials off the instances)',
    ],
  ],
  [
    'CloudFlare with a token is content',
    fleetFile([SELF[0], '  instanceCredentials: {token: "${env:A}"}\n']),
    [],
  ],
  [
    'an instance profile does for Route53 where there is one, and only there',
    fleetFile(SELF, ROUTE53, PROFILE),
    [
      'mcd.yaml:27:17: www.example.com has "registration: self", but the instances of east have no credentials for route53 (give dns.instanceCredentials {accessKeyId, secretAccessKey}, or an "instanceProfile" to every AWS group; or set "registration: mcd", which keeps DNS credentials off the instances)',
    ],
  ],
  ['Route53 is content with a profile on every group', fleetFile(SELF, ROUTE53, PROFILE, [EAST, '']), []],
  [
    'an instance profile says nothing to CloudFlare',
    fleetFile(SELF, PROFILE, [EAST, '']),
    [expect.stringContaining('cloudflare')],
  ],
  [
    'a profile of Eucalyptus says nothing to Route53',
    fleetFile(
      SELF,
      ROUTE53,
      PROFILE,
      [EAST, ''],
      ['    count: 2\n', '    endpoint: http://euca:8773\n    compatible: eucalyptus\n'],
    ),
    [expect.stringContaining('route53')],
  ],
  [
    'without a word about registration the block itself is pointed at',
    fleetFile(['  registration: mcd\n', '']),
    [expect.stringMatching(/^mcd\.yaml:22:3: www\.example\.com/)],
  ],
  [
    'it is told beside every other mistake',
    fleetFile(SELF, ['count: 2', 'count: two']),
    [expect.stringContaining(':12:12: count'), expect.stringContaining(':26:17: www')],
  ],
])('%s', (_rule, text, problems) => {
  expect(mistakesIn(text, {A: 'a'}, {needsInstanceCredentials: true})).toEqual(problems)
})

test('who launches nothing is not asked for them, nor is the sandbox', () => {
  expect(mistakesIn(fleetFile(SELF))).toEqual([])
  expect(mistakesIn(fleetFile(SELF), {}, {needsInstanceCredentials: true, sandbox: true})).toEqual([])
})
