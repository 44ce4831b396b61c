import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {replay} from './replay.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcd-replay-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const record = (file: string, exchange: object) => writeFileSync(join(folder, file), JSON.stringify(exchange))
const zones = {method: 'GET', url: 'https://api.example.com/zones'}

test('answers in the order of the numbers', async () => {
  record('01-ListZones.json', {
    times: 2,
    request: {...zones, query: {page: '1'}},
    reply: {status: 429, headers: {'retry-after': '3'}},
  })
  record('02-ListZones.json', {
    request: {...zones, query: {page: '1'}},
    reply: {status: 200, body: {result: []}},
  })
  const exchanges = replay(folder)
  const ask = () => fetch('https://api.example.com/zones?page=1')
  expect((await ask()).headers.get('retry-after')).toBe('3')
  expect((await ask()).status).toBe(429)
  expect(await (await ask()).json()).toEqual({result: []})
  exchanges.finish()
})

test('calls made side by side share a number and come in any order', async () => {
  record('01-a.json', {request: {...zones, query: {name: 'a'}}, reply: {status: 200, body: 'a'}})
  record('01-b.json', {request: {...zones, query: {name: 'b'}}, reply: {status: 200, body: 'b'}})
  const exchanges = replay(folder)
  expect(await (await fetch('https://api.example.com/zones?name=b')).text()).toBe('b')
  expect(await (await fetch('https://api.example.com/zones?name=a')).text()).toBe('a')
  exchanges.finish()
})

test('a form body is compared by its listed fields, a text body by what it must contain', async () => {
  record('01-RunInstances.json', {
    request: {method: 'POST', url: 'https://ec2.example.com/', body: {Action: 'RunInstances', MaxCount: 3}},
    reply: {status: 200, body: '<ok/>'},
  })
  record('02-Change.json', {
    request: {
      method: 'POST',
      url: 'https://ec2.example.com/rrset',
      body: ['<Action>CREATE</Action>', '192.0.2.1'],
    },
    reply: {status: 200, body: '<ok/>'},
  })
  const exchanges = replay(folder)
  const form = new URLSearchParams({Action: 'RunInstances', MaxCount: '3', MinCount: '1'})
  expect((await fetch('https://ec2.example.com/', {method: 'POST', body: form})).status).toBe(200)
  const body = '<Change><Action>CREATE</Action><Value>192.0.2.1</Value></Change>'
  const xml = {method: 'POST', body, headers: {'content-type': 'text/xml'}}
  expect((await fetch('https://ec2.example.com/rrset', xml)).status).toBe(200)
  exchanges.finish()
})

test('another body, path, query or host is a failure that says what differs', async () => {
  record('01-Create.json', {
    request: {
      method: 'POST',
      url: 'https://api.example.com/records',
      body: {name: 'www.example.com', tags: ['a']},
    },
    reply: {status: 200, body: {}},
  })
  const exchanges = replay(folder)
  const post = (url: string, body: object) =>
    fetch(url, {method: 'POST', body: JSON.stringify(body), headers: {'content-type': 'application/json'}})
  expect(
    (await post('https://api.example.com/records', {name: 'other.example.com', tags: ['a']})).status,
  ).toBe(599)
  await post('https://api.example.com/records', {name: 'www.example.com', tags: ['a', 'b']})
  await post('https://api.example.com/records?dry=1', {name: 'www.example.com', tags: ['a']})
  await expect(fetch('https://elsewhere.example.com/')).rejects.toThrow()
  expect(() => exchanges.finish()).toThrow(
    /other\.example\.com(.|\n)*body\.tags(.|\n)*query\.dry(.|\n)*elsewhere\.example\.com(.|\n)*01-Create\.json is still to be asked for/,
  )
})

test('a broken connection is an error of the client', async () => {
  record('01-Zones.json', {request: zones, reply: {error: 'ECONNREFUSED'}})
  const exchanges = replay(folder)
  await expect(fetch(zones.url)).rejects.toThrow()
  exchanges.finish()
})
