import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {eventually} from '../support/eventually.ts'
import {arrivalLog, atFirst, type Boot, type Difficulties} from './support/boot.ts'
import {makeCertificates} from './support/certificates.ts'
import {container} from './support/container.ts'
import {DataCenter, isFromScript} from './support/data-center.ts'
import {type Deployment, deploy, type Kind} from './support/deployment.ts'
import {
  expectForeignAlone,
  expectGone,
  expectNoErrors,
  expectRegistered,
  expectSecretsKept,
  LONG_MS,
  membersOf,
} from './support/expectations.ts'
import {
  API_ADDRESS,
  DOUBTFUL_API_ADDRESS,
  METADATA_ADDRESS,
  type Network,
  openNetwork,
} from './support/network.ts'
import {controlGroup, imageFolder, SCRATCH} from './support/place.ts'

/**
 * Every form of userdata on every cloud with every DNS vendor, booted for real in a container: Debian's systemd, cloud-init
 * (EC2's data source, or NoCloud as on Triton), apt, nginx and curl.
 */

let center: DataCenter
let network: Network
let renewCertificate: () => void

beforeAll(async () => {
  const certificates = makeCertificates(join(SCRATCH, 'certificates'))
  network = openNetwork(join(SCRATCH, 'network'))
  center = new DataCenter((boot, guest) =>
    container({
      guest,
      network,
      world: center.world,
      rootfs: join(imageFolder(), 'rootfs'),
      folder: join(SCRATCH, guest.id),
      controlGroup: controlGroup(),
      certificateAuthority: certificates.authority,
      apiAddress:
        boot.wrongClock && boot.fleet.names[0]?.vendor === 'cloudflare' ? DOUBTFUL_API_ADDRESS : API_ADDRESS,
    }),
  )
  const from = ({remoteAddress}: {remoteAddress: string}) => center.bootAt(remoteAddress)
  await center.serveMetadata(from, {host: METADATA_ADDRESS, port: 80})
  await center.serveApis(certificates, from, {host: API_ADDRESS, port: 443})
  const doubtful = await center.serveApis(certificates, from, {host: DOUBTFUL_API_ADDRESS, port: 443})
  doubtful.tls.setSecureContext({key: certificates.key, cert: certificates.expired})
  renewCertificate = () => doubtful.tls.setSecureContext({key: certificates.key, cert: certificates.valid})
})

afterAll(async () => {
  await center?.close()
  network?.close()
})

/** What comes after the registration, by the name the test bears. */
type Ending = (deployment: Deployment) => Promise<void>

function boots(kind: Kind, rule: string, difficulties: Difficulties, ...endings: Ending[]): void {
  test.concurrent(`${kind.form} on ${kind.provider} with ${kind.vendor}: ${rule}`, async () => {
    const deployment = await deploy(center, SCRATCH, kind, difficulties)
    const {boot} = deployment
    try {
      const up = deployment.up()
      if (difficulties.wrongClock) await expectDoubtAboutClock(boot)
      const {shortcomings} = await up
      expect(shortcomings).toEqual([])
      await expectRegistered(deployment)
      await expectNoErrors(boot)
      expectSecretsKept(boot)
      for (const ending of endings) await ending(deployment)
      expectSecretsKept(boot)
    } catch (error) {
      console.log(`${deployment.fleet.name} failed\n${boot.machine?.story() ?? 'it never booted'}`)
      throw error
    } finally {
      console.log(
        [`${kind.form} on ${kind.provider} with ${kind.vendor}`, ...arrivalLog(boot)].join('\n    '),
      )
      await boot.machine?.discard()
    }
  })
}

const isApi = (service: string): boolean => service !== 'metadata'

/** To cloud-init as well as to the script, which asks later. */
const metadataDown = () => [
  atFirst(2, (service, request) => service === 'metadata' && !isFromScript(request), {status: 503}),
  atFirst(3, (service, request) => service === 'metadata' && isFromScript(request), {status: 503}),
]
const throttled = () => atFirst(2, isApi, {status: 429, headers: {'retry-after': '2'}})
const broken = () => atFirst(2, isApi, {status: 500})

/** The log says that the clock may be wrong, and with the clock put right the same boot registers. */
async function expectDoubtAboutClock(boot: Boot): Promise<void> {
  const log = () => boot.machine?.read('var/log/mcd-registration.log') ?? ''
  await eventually(() => /this instance's clock says/.test(log()), {deadlineMs: LONG_MS, everyMs: 250})
  expect(boot.arrivals.some(({effects}) => effects.length > 0)).toBe(false)
  boot.wrongClock = false
  if (boot.fleet.names[0]?.vendor === 'cloudflare') renewCertificate()
}

/** Down and up again by the cloud's console. */
const reboot: Ending = async deployment => {
  const {boot} = deployment
  const before = boot.arrivals.length
  deployment.reboot()
  const changes = () => boot.arrivals.slice(before).filter(({effects}) => effects.length > 0)
  await eventually(() => boot.starts === 2 && changes().length >= 2, {deadlineMs: LONG_MS, everyMs: 250})
  expect(changes().map(({effects}) => effects[0]?.split(' ')[0])).toEqual(['delete', 'create'])
  await expectRegistered(deployment)
}

/** It leaves by itself while it still serves, before its network goes. */
const powerOff: Ending = async deployment => {
  await deployment.terminate()
  await expectGone(deployment)
}

/** No last words: the record stays, with our mark, and mcd takes it out. */
const powerLoss: Ending = async deployment => {
  const {boot} = deployment
  await boot.machine?.cut()
  const {ours} = await membersOf(deployment)
  expect(ours.map(({value, mark}) => [value, mark?.instance])).toEqual([
    [boot.guest?.publicIp, boot.guest?.id],
  ])
  await deployment.terminate()
  const {shortcomings} = await deployment.down()
  expect(shortcomings).toEqual([])
  expect(boot.arrivals.flatMap(({effects}) => effects)).toEqual([expect.stringMatching(/^create A /)])
  await expectForeignAlone(deployment)
}

// Those that take longest first.
const yaml = 'cloud-config'
boots(
  {form: yaml, provider: 'joyent', vendor: 'cloudflare'},
  'outlasts 500s, and has one record after a reboot',
  {troubles: [broken()]},
  reboot,
  powerOff,
)
boots(
  {form: 'shell', provider: 'joyent', vendor: 'route53'},
  'waits for a vendor that says 429, and has one record after a reboot',
  {troubles: [throttled()]},
  reboot,
  powerOff,
)
boots(
  {form: yaml, provider: 'aws', vendor: 'route53'},
  'outlasts 500s with its role, and has one record after a reboot',
  {troubles: [broken()]},
  reboot,
  powerOff,
)
boots(
  {form: 'shell', provider: 'joyent', vendor: 'cloudflare'},
  'says that its clock is wrong, and registers once it is right',
  {wrongClock: true},
  powerOff,
)
boots(
  {form: yaml, provider: 'joyent', vendor: 'route53'},
  'leaves its record behind at a power loss, for mcd to remove',
  {},
  powerLoss,
)
boots(
  {form: yaml, provider: 'aws', vendor: 'cloudflare'},
  'waits for metadata and for a vendor that says 429, and leaves at power-off',
  {troubles: [...metadataDown(), throttled()]},
  powerOff,
)
boots(
  {form: 'shell', provider: 'aws', vendor: 'route53'},
  'says that its clock is wrong, and registers once it is right',
  {wrongClock: true},
  powerOff,
)
boots(
  {form: 'shell', provider: 'aws', vendor: 'cloudflare'},
  'leaves its record behind at a power loss, for mcd to remove',
  {},
  powerLoss,
)
