import {expect, test} from 'vitest'
import {parseLocation} from '../../src/journal/location.ts'

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
