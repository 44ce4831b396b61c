import {generateKeyPairSync} from 'node:crypto'
import {joyentCompute} from '../../src/providers/joyent/compute.ts'
import type {TritonProfile} from '../../src/providers/joyent/profile.ts'
import {cloudapiWire} from '../../src/sandbox/wire/cloudapi.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {generateTritonKey} from '../../src/sandbox/world/triton/ssh-key.ts'
import {Secret} from '../../src/secret.ts'
import {recordedCompute} from '../support/recorded.ts'
import type {TritonStage} from '../support/triton-world.ts'
import {worldTritonCompute} from '../support/world-triton.ts'
import {describeCompute} from './compute.ts'
import {RECORDED_FACTS} from './joyent-recorded.ts'
import {type Connect, nobodyListens, PLACE, refused, worldHarness} from './joyent-scenes.ts'

const inMemory: Connect = async stage => ({
  provider: worldTritonCompute(stage, PLACE, stage.time.runtime()),
  disconnect: async () => {},
})
/** The door shut by a fault: there is no socket to close and no key to revoke. */
const shut =
  (fault: () => never): Connect =>
  stage => {
    stage.core.calls.faults = {before: fault, after() {}}
    return inMemory(stage)
  }

describeCompute(
  'joyent, in memory',
  worldHarness(inMemory, {unsigned: shut(refused), dead: shut(nobodyListens)}),
)

const {privateKeyPem, publicKeyOpenSsh, md5Fingerprint} = generateTritonKey()

async function overTheWire(stage: TritonStage, key = privateKeyPem) {
  stage.triton.account().addKey(publicKeyOpenSsh, {name: 'test'})
  const server = await listen(cloudapiWire(stage))
  const profile: TritonProfile = {
    name: 'test',
    url: server.url,
    account: 'sandbox',
    keyId: md5Fingerprint,
    insecure: false,
  }
  const {endpoint: _its, ...place} = PLACE
  const provider = joyentCompute({
    place,
    profile,
    runtime: stage.time.runtime(),
    key: new Secret(key, 'test'),
  })
  return {provider, disconnect: () => server.close()}
}

const strangersKey = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
})

describeCompute(
  'joyent, over the sandbox’s wire',
  worldHarness(stage => overTheWire(stage), {
    unsigned: stage => overTheWire(stage, strangersKey.toString()),
    dead: async stage => {
      const connected = await overTheWire(stage)
      await connected.disconnect()
      return {...connected, disconnect: async () => {}}
    },
  }),
)

describeCompute(
  'joyent, recorded',
  recordedCompute('joyent', RECORDED_FACTS, runtime => {
    const profile = {
      name: 'test',
      url: 'https://cloudapi.example.com',
      account: 'me',
      keyId: md5Fingerprint,
      insecure: false,
    }
    return joyentCompute({
      place: {key: 'joyent:cloudapi.example.com', provider: 'joyent'},
      profile,
      runtime,
      key: new Secret(privateKeyPem, 'test'),
    })
  }),
)
