import {route53Dns} from '../../src/providers/route53/dns.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {route53Wire} from '../../src/sandbox/wire/route53.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {recordedDns} from '../support/recorded.ts'
import {worldRoute53Dns} from '../support/world-route53.ts'
import {describeDns} from './dns.ts'
import {RECORDED} from './route53-recorded.ts'
import {type Connect, refused, worldHarness} from './route53-scenes.ts'

const inMemory: Connect = async ({world, time}) => ({
  provider: worldRoute53Dns(world, time.runtime()),
  disconnect: async () => {},
})

describeDns(
  'route53, in memory',
  worldHarness(inMemory, stage => {
    stage.world.calls.faults = {before: refused, after() {}}
    return inMemory(stage)
  }),
)

const overTheWire: Connect = async ({world, time}) => {
  const api = await listen(route53Wire(world))
  return {
    provider: route53Dns({runtime: time.runtime(), endpoint: api.url, credentials: SANDBOX.aws.operator}),
    disconnect: () => api.close(),
  }
}

describeDns(
  'route53, over the sandbox’s wire',
  worldHarness(overTheWire, async stage => {
    const connected = await overTheWire(stage)
    await connected.disconnect()
    return {...connected, disconnect: async () => {}}
  }),
)

describeDns(
  'route53, recorded',
  recordedDns('route53', RECORDED, runtime =>
    route53Dns({runtime, credentials: {accessKeyId: 'test-key', secretAccessKey: 'test-secret'}}),
  ),
)
