import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {eventually} from '../support/eventually.ts'
import {arrivalLog, atFirst, type Boot, type Difficulties} from './support/boot.ts'
import {makeCertificates} from './support/certificates.ts'
import {container} from './support/container.ts'
import {DataCenter, isFromScript} from './support/data-center.ts'
import {deploy} from './support/deployment.ts'
import {packDownloads} from './support/downloads.ts'
import {
  announced,
  discovered,
  type Ending,
  heldOut,
  newAddress,
  powerLoss,
  powerOff,
  reboot,
  stopAndStart,
} from './support/endings.ts'
import {
  expectNoErrors,
  expectRegistered,
  expectSecretsKept,
  expectWatched,
  LONG_MS,
} from './support/expectations.ts'
import type {Kind} from './support/fleet-file.ts'
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
  const downloads = packDownloads(join(SCRATCH, 'downloads'))
  network = openNetwork(join(SCRATCH, 'network'))
  center = new DataCenter({certificates, downloads}, (boot, guest) =>
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
      ...(boot.checkEverySeconds === undefined ? {} : {checkEverySeconds: boot.checkEverySeconds}),
    }),
  )
  const from = ({remoteAddress}: {remoteAddress: string}) => center.bootAt(remoteAddress)
  await center.serveMetadata(from, {host: METADATA_ADDRESS, port: 80})
  await center.serveApis(from, {host: API_ADDRESS, port: 443})
  const doubtful = await center.serveApis(from, {host: DOUBTFUL_API_ADDRESS, port: 443})
  doubtful.tls.setSecureContext({key: certificates.key, cert: certificates.expired})
  renewCertificate = () => doubtful.tls.setSecureContext({key: certificates.key, cert: certificates.valid})
})

afterAll(async () => {
  await center?.close()
  network?.close()
})

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
      expectWatched(boot)
      for (const ending of endings) await ending(deployment, center)
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

/** Often enough for three periods of the timer to pass in a test. */
const checkEverySeconds = 4

// Those that take longest first.
const yaml = 'cloud-config'
boots(
  {form: yaml, provider: 'joyent', vendor: 'cloudflare', content: 'site'},
  'outlasts 500s, stays drained through a reboot, and comes back',
  {troubles: [broken()], checkEverySeconds},
  heldOut('drain', 'undrain'),
  powerOff,
)
boots(
  {form: 'shell', provider: 'joyent', vendor: 'route53', content: 'certificate', discovery: true},
  'waits for a vendor that says 429, has one record after a reboot, and is discovered while it serves',
  {troubles: [throttled()]},
  reboot,
  discovered,
)
boots(
  {form: yaml, provider: 'aws', vendor: 'route53', content: 'certificate'},
  'outlasts 500s with its role, stays out while it is held, also through a reboot, and comes back',
  {troubles: [broken()], checkEverySeconds},
  heldOut('holdOut', 'letIn'),
  powerOff,
)
boots(
  {form: 'shell', provider: 'aws', vendor: 'route53', content: 'site', spot: true},
  'says that its clock is wrong, registers once it is right, and leaves whenever EC2 wants it back',
  {wrongClock: true},
  announced('events/recommendations/rebalance'),
  announced('spot/instance-action'),
  powerOff,
)
boots(
  {form: yaml, provider: 'aws', vendor: 'cloudflare', content: 'title'},
  'waits for metadata and for a vendor that says 429, and follows its address',
  {troubles: [...metadataDown(), throttled()], checkEverySeconds},
  newAddress,
  stopAndStart,
  powerOff,
)
boots(
  {form: 'shell', provider: 'joyent', vendor: 'cloudflare', content: 'title'},
  'says that its clock is wrong, and registers once it is right',
  {wrongClock: true},
  powerOff,
)
boots(
  {form: yaml, provider: 'joyent', vendor: 'route53', content: 'page'},
  'leaves its record behind at a power loss, for mcd sync to remove',
  {},
  powerLoss('sync'),
)
boots(
  {form: 'shell', provider: 'aws', vendor: 'cloudflare', content: 'page'},
  'leaves its record behind at a power loss, for mcd to remove',
  {},
  powerLoss('down'),
)
