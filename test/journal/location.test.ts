import {expect, test} from 'vitest'
import {locationText, parseLocation} from '../../src/journal/location.ts'

/** As `${env:NAME}` puts them into `state`, where nobody has encoded them. */
test.each(['12/x?y', '12/x#y', 'a@b:c', 'per%cent', 'sp ace', "it's \\", 'ü', '::'])(
  'a password is taken as it is: %s',
  password => {
    const location = parseLocation(`postgres://ci:${password}@db.example.com:5433/deploy?schema=mcd`)
    expect(location).toMatchObject({host: 'db.example.com', port: 5433, database: 'deploy', user: 'ci'})
    expect('password' in location && location.password?.reveal()).toBe(password)
  },
)

test('a password that was encoded is decoded', () => {
  const location = parseLocation('postgres://ci:a%40b%2Fc@db/deploy')
  expect('password' in location && location.password?.reveal()).toBe('a@b/c')
})

test.each([
  ['s3://states/50%off', {prefix: '50%off'}],
  ['s3://states/a%2Fb', {prefix: 'a/b'}],
  ['postgres://ann%zz@db/deploy', {user: 'ann%zz'}],
  ['postgres://db/100%', {database: '100%'}],
])('a "%%" that encodes nothing stands for itself: %s', (text, expected) => {
  expect(parseLocation(text)).toMatchObject(expected)
})

test.each(['http://ann:pass@store', 'https://', 'http://[store'])(
  'an S3-compatible store is named by a URL without credentials, not %s',
  endpoint => {
    const location = parseLocation(`s3://states/mcd?endpoint=${encodeURIComponent(endpoint)}`)
    expect(location).toEqual({problem: expect.stringContaining('must have an endpoint that is a URL')})
    expect(JSON.stringify(location)).not.toContain('pass')
  },
)

test('an address of IPv6 stands in brackets, and connects without them', () => {
  expect(parseLocation('postgres://mcd@[2001:db8::1]:5433/deploy')).toMatchObject({
    host: '2001:db8::1',
    port: 5433,
  })
  expect(parseLocation('postgres://mcd@[::1]/deploy')).toMatchObject({host: '::1', sslmode: 'disable'})
})

test('it is shown with them', () => {
  const location = parseLocation('postgres://mcd@[2001:db8::1]:5433/deploy')
  if ('problem' in location) throw new Error(location.problem)
  expect(locationText(location)).toBe('postgres://mcd@[2001:db8::1]:5433/deploy')
})
