import {get} from 'node:http'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, expect, test} from 'vitest'
import {type RunningSandbox, workplaces} from '../support/cli.ts'
import {ttlResolver} from '../support/clients.ts'
import {has} from '../support/programs.ts'
import {stillThere} from '../support/request-log.ts'
import {NAME, twoCloudFleet} from '../support/two-cloud-fleet.ts'

const CLIENTS = 4
const BETWEEN_REQUESTS_MS = 20

const all = workplaces()
afterAll(() => all.endAll())

test('with the default drain, no client that honours the TTL sees a failed request while the fleet goes down', async () => {
  const place = all.open()
  const registration = has('curl') ? 'self' : 'mcd'
  place.write(twoCloudFleet({vendor: 'route53', registration, drain: 'auto'}))
  expect(await place.up()).toMatchObject({converged: true, exit: 0})
  const sandbox = await place.sandbox()

  const visits = Array.from({length: CLIENTS}, () => visitUntilEmpty(sandbox))
  const down = await place.down()
  expect(down).toMatchObject({converged: true, exit: 0, instances: []})
  const seen = await Promise.all(visits)

  expect(seen.flatMap(({failures}) => failures)).toEqual([])
  const served = seen.reduce((sum, {requests}) => sum + requests, 0)
  process.stdout.write(`drain: ${served} requests by ${CLIENTS} clients, none failed\n`)
  expect(served).toBeGreaterThan(0)
  expect(stillThere(await place.sandbox())).toEqual([])
})

/** One client: resolves as the TTL allows, requests all the while, and ends when the name has no address any more. */
async function visitUntilEmpty({
  endpoints,
  instances,
}: RunningSandbox): Promise<{requests: number; failures: string[]}> {
  const resolver = ttlResolver(endpoints.dns.route53, NAME)
  const failures: string[] = []
  for (let requests = 0; ; requests++) {
    const address = await resolver.address()
    if (address === undefined) return {requests, failures}
    const serving = instances.find(({publicIp}) => publicIp === address)?.serving
    const failure = serving ? await failureOf(serving) : 'not an address of the fleet'
    if (failure) failures.push(`${new Date().toISOString()} ${address}: ${failure}`)
    await delay(BETWEEN_REQUESTS_MS)
  }
}

/** A request on a connection of its own, as from a visitor who comes for the first time. */
function failureOf({host, port}: {host: string; port: number}): Promise<string | undefined> {
  return new Promise(resolve => {
    get({host, port, path: '/', headers: {host: NAME}, agent: false, timeout: 5_000}, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 200 ? undefined : `${response.statusCode}`))
      response.on('error', error => resolve(error.message))
    })
      .on('timeout', () => resolve('no answer'))
      .on('error', error => resolve(error.message))
  })
}
