import {expect, test} from 'vitest'
import {UsageError} from '../../src/errors.ts'
import {readCheck} from '../../src/surroundings/machine-check.ts'

test.each([
  ['tcp', {protocol: 'tcp', path: '/'}],
  [
    'http://db1.example.com/health?deep=1',
    {protocol: 'http', path: '/health?deep=1', host: 'db1.example.com'},
  ],
  ['https://db1.example.com:8443', {protocol: 'https', path: '/', host: 'db1.example.com', port: 8443}],
])('%s is a check', (text, check) => {
  expect(readCheck(text)).toEqual(check)
})

test.each(['http', 'db1.example.com', 'ftp://db1.example.com/', ''])('"%s" is none', text => {
  expect(() => readCheck(text)).toThrow(UsageError)
})
