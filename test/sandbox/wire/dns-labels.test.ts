import {expect, test} from 'vitest'
import {query} from '../../../src/dns/query.ts'
import {realRuntime} from '../../../src/runtime.ts'
import {serveDns} from '../../../src/sandbox/wire/dns.ts'
import {DNS_SERVED_MS, route53Scene} from '../../support/route53-world.ts'

test('names with dots, blanks and letters of all kinds inside a label are answered as they were asked', async () => {
  const {world, time, create} = route53Scene()
  const service = '_http._tcp.example.com.'
  const set = `version\\0402\\0560\\303\\244.${service}`
  create(
    {name: service, type: 'PTR', ttlSeconds: 60, values: [set]},
    {name: set, type: 'SRV', ttlSeconds: 60, values: ['0 0 80 i-1.www.example.com.']},
  )
  await time.advance(DNS_SERVED_MS)
  const server = await serveDns((name, type) => world.route53.answer(name, type))
  try {
    const ask = async (name: string, type: string) =>
      (
        await query({host: '127.0.0.1', port: server.port}, name, type, {
          timeoutMs: 5_000,
          runtime: realRuntime(),
        })
      ).answers.map(({name: owner, value}) => [owner, value])
    const asked = 'version\\0322\\.0ä._http._tcp.example.com'
    expect(await ask('_http._tcp.example.com', 'PTR')).toEqual([['_http._tcp.example.com', asked]])
    expect(await ask(asked, 'SRV')).toEqual([[asked, '0 0 80 i-1.www.example.com']])
    expect(await ask('version\\0322.0ä._http._tcp.example.com', 'SRV')).toEqual([])
  } finally {
    await server.close()
  }
})
