import {awsCompute} from '../../src/providers/aws/compute.ts'
import {awsWire} from '../../src/sandbox/wire/aws.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {recordedCompute} from '../support/recorded.ts'
import {worldEc2Compute} from '../support/world-ec2.ts'
import {RECORDED} from './aws-recorded.ts'
import {AMAZON, type Connect, EUCALYPTUS, refused, worldHarness} from './aws-scenes.ts'
import {describeCompute} from './compute.ts'

const inMemory: Connect = async ({world, place, time}) => ({
  provider: worldEc2Compute(world, place, time.runtime()),
  disconnect: async () => {},
})

const overTheWire: Connect = async ({world, place, time, strayReplies}) => {
  const wire = awsWire(world)
  const served = await listen(request => strayReplies.shift() ?? wire(request))
  return {
    provider: awsCompute({
      place,
      runtime: time.runtime(),
      endpoint: place.compatible ? `${served.url}/services/compute` : served.url,
      credentials: SANDBOX.aws.operator,
    }),
    disconnect: () => served.close(),
  }
}

const nobodyInMemory: Connect = stage => {
  stage.world.calls.faults = refused
  return inMemory(stage)
}

const nobodyOnTheWire: Connect = async stage => {
  const connected = await overTheWire(stage)
  await connected.disconnect()
  return {...connected, disconnect: async () => {}}
}

for (const [name, place] of [
  ['aws', AMAZON],
  ['eucalyptus', EUCALYPTUS],
] as const) {
  describeCompute(`${name}, in memory`, worldHarness(place, inMemory, nobodyInMemory))
  describeCompute(`${name}, over the sandbox’s wire`, worldHarness(place, overTheWire, nobodyOnTheWire))
}

const EXAMPLE_KEYS = {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'an-example-of-a-secret'}

describeCompute(
  'aws, recorded',
  recordedCompute('aws', RECORDED, runtime =>
    awsCompute({place: AMAZON, runtime, credentials: EXAMPLE_KEYS}),
  ),
)
