import {readFileSync} from 'node:fs'
import {BlockList, isIPv4, isIPv6} from 'node:net'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {filesUnder, ROOT} from './source.ts'

/** Documentation (RFC 5737, RFC 3849), benchmarking (RFC 2544), private and local ranges: nobody's public addresses. */
const NOBODYS = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Reserved (RFC 1112): netmasks look like addresses of this range.
  ['240.0.0.0', 4],
] as const) {
  NOBODYS.addSubnet(network, bits, 'ipv4')
}
NOBODYS.addSubnet('2001:db8::', 32, 'ipv6')
NOBODYS.addSubnet('fd00::', 8, 'ipv6')
NOBODYS.addSubnet('fe80::', 10, 'ipv6')
NOBODYS.addAddress('::1', 'ipv6')
NOBODYS.addAddress('::', 'ipv6')

/** Account numbers from AWS's own examples, the sandbox's, and the public owners of Ubuntu's and Debian's images. */
const KNOWN_ACCOUNTS = ['000000000000', '111122223333', '123456789012', '099720109477', '136693071363']
/** Keys from AWS's own examples, and the sandbox's. */
const KNOWN_KEYS = /EXAMPLE|SANDBOX|sandbox/

/** What in this text looks as if it came from somebody's real account. */
function suspicious(text: string): string[] {
  const found = (pattern: RegExp) => [...text.matchAll(pattern)].map(([match]) => match)
  return [
    ...found(/\b(?:A3T|AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b/g).filter(key => !KNOWN_KEYS.test(key)),
    ...found(/(?<![\w/+=-])[\w/+-]{40}(?![\w/+=-])/g).filter(
      word => /[A-Z]/.test(word) && /[a-z]/.test(word) && /\d/.test(word) && !KNOWN_KEYS.test(word),
    ),
    ...found(/-----BEGIN [A-Z ]*PRIVATE KEY-----/g),
    ...found(/"(?:authorization|x-amz-security-token|x-auth-key|x-auth-email|set-cookie)"/gi),
    ...found(/(?<![\d.])\d{12}(?![\d.])/g).filter(account => !KNOWN_ACCOUNTS.includes(account)),
    ...found(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g).filter(
      ip => isIPv4(ip) && !NOBODYS.check(ip, 'ipv4'),
    ),
    ...found(/(?<![\w:])[\da-f]*:[\da-f:]*:[\da-f]*(?![\w:])/gi).filter(
      ip => isIPv6(ip) && !NOBODYS.check(ip, 'ipv6'),
    ),
    ...found(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g).filter(
      mail => !/[@.]example(?:\.(?:com|net|org))?$/.test(mail),
    ),
  ]
}

describe('the scan', () => {
  test.each([
    ['an AWS access key', `AKIA${'Q7'.repeat(8)}`],
    ['an AWS secret key', `wJalrXUtnFEMI/K7MDENG/bPxRfiCY${'Zz9+/Zz9Zz'}`],
    ['a CloudFlare token', `v1_${'Ab3-'.repeat(9)}x`],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['a recorded credential', '{"Authorization": "Bearer x"}'],
    ['an account number', 'arn:aws:iam::998877665544:role/x'],
    ['an IPv4 address', '"ip": "8.8.4.4"'],
    ['an IPv6 address', '"ip": "2600:1f18::1"'],
    ['an email address', 'someone@somewhere.org'],
  ])('sees %s', (_kind, text) => {
    expect(suspicious(text)).toHaveLength(1)
  })

  test.each([
    '192.0.2.10 198.51.100.1 10.0.0.5 0.0.0.0/0 2001:db8::1',
    'AKIAIOSFODNN7EXAMPLE 123456789012 ops@example.com',
    '2026-01-01T00:00:00.000Z 12:30:45 5f:aa:16:4d:5f:aa:16:4d:5f:aa:16:4d:5f:aa:16:4d 90:b8:d0:00:00:01',
    '372e67954025e0ba6aaa6d586b9e0b59 59dbff89-35bd-4e04-99ed-43fc3c246130',
  ])('lets pass %s', text => {
    expect(suspicious(text)).toEqual([])
  })
})

test('fixtures hold no key, no account and no address of anybody', () => {
  const found = filesUnder('fixtures').flatMap(path =>
    suspicious(readFileSync(join(ROOT, path), 'utf8')).map(word => `${path}: ${word}`),
  )
  expect(found).toEqual([])
})
