import {query} from '../../src/dns/query.ts'
import {cloudflareDns} from '../../src/providers/cloudflare/dns.ts'
import {cloudflareWire} from '../../src/sandbox/wire/cloudflare.ts'
import {serveDns} from '../../src/sandbox/wire/dns.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {Secret} from '../../src/secret.ts'
import {recordedDns} from '../support/recorded.ts'
import {worldCloudflareDns} from '../support/world-cloudflare.ts'
import {recordedFacts} from './cloudflare-recorded.ts'
import {type Connect, refused, worldHarness} from './cloudflare-scenes.ts'
import {describeDns} from './dns.ts'

const inMemory: Connect = async stage => ({
  provider: worldCloudflareDns(stage, stage.time.runtime()),
  disconnect: async () => {},
})

describeDns(
  'cloudflare, in memory',
  worldHarness(inMemory, stage => {
    stage.calls.faults = {before: refused, after() {}}
    return inMemory(stage)
  }),
)

const overTheWire: Connect = async stage => {
  const {time, cloudflare, operator} = stage
  const runtime = time.runtime()
  const api = await listen(cloudflareWire({cloudflare}))
  const dns = await serveDns((name, type) => cloudflare.answer(name, type))
  return {
    provider: cloudflareDns({
      runtime,
      apiToken: new Secret(operator.token, 'test'),
      baseUrl: `${api.url}/client/v4`,
      query: (_nameServer, name, type) =>
        query({host: '127.0.0.1', port: dns.port}, name, type, {timeoutMs: 20_000, runtime}),
    }),
    disconnect: async () => void (await Promise.all([api.close(), dns.close()])),
  }
}

describeDns(
  'cloudflare, over the sandbox’s wire',
  worldHarness(overTheWire, async stage => {
    const connected = await overTheWire(stage)
    await connected.disconnect()
    return {...connected, disconnect: async () => {}}
  }),
)

/** Name servers that still know the removed address until somebody serves the removal. */
const nameServers = {served: false}

describeDns(
  'cloudflare, recorded',
  recordedDns(
    'cloudflare',
    recordedFacts(async () => {
      nameServers.served = true
    }),
    runtime =>
      cloudflareDns({
        runtime,
        apiToken: new Secret('test-token', 'test'),
        query: async (nameServer, name, type) => ({
          rcode: 'NOERROR',
          authoritative: true,
          // One of the two lags.
          answers:
            nameServers.served || nameServer.startsWith('bob')
              ? []
              : [{name, type, ttlSeconds: 60, value: '192.0.2.1'}],
        }),
      }),
  ),
)
