import {join} from 'node:path'
import {expect, test} from 'vitest'
import {eventually} from '../support/eventually.ts'
import {arrivalLog, type Boot} from './support/boot.ts'
import {makeCertificates} from './support/certificates.ts'
import {DataCenter} from './support/data-center.ts'
import {type Deployment, deploy} from './support/deployment.ts'
import {packDownloads} from './support/downloads.ts'
import {emulator} from './support/emulator.ts'
import {
  expectGone,
  expectNoErrors,
  expectRegistered,
  expectSecretsKept,
  LONG_MS,
} from './support/expectations.ts'
import type {Kind} from './support/fleet-file.ts'
import {imageFolder, SCRATCH} from './support/place.ts'
import {serveMetadataPort} from './support/smartos-port.ts'

/**
 * One boot of each cloud on an emulated computer, with its own kernel, where cloud-init finds out by itself where it is. The
 * emulator runs as nobody. The guest's disk is looked at once it is off.
 */

/** How the cloud told the guest about itself. */
type Told = {readonly serial: readonly string[]}

const LAUNCH_MS = 10_000
const EMULATED_BOOT_MS = 20 * 60_000
let nextServicePort = 20_080

/** An emulated computer boots for longer than mcd waits for it: one run launches it, and one finds that it registered itself. */
async function upInTwoRuns({boot, up}: Deployment): Promise<void> {
  await up(LAUNCH_MS)
  await eventually(() => boot.arrivals.some(({effects}) => effects.length > 0), {
    deadlineMs: EMULATED_BOOT_MS,
    everyMs: 500,
  })
  expect((await up()).shortcomings).toEqual([])
}

function boots(rule: string, kind: Kind, expectTold: (deployment: Deployment, told: Told) => void): void {
  test.concurrent(`${rule}: ${kind.content} as ${kind.form} with ${kind.vendor}`, async () => {
    const certificates = makeCertificates(join(SCRATCH, `certificates-${kind.provider}`))
    const downloads = packDownloads(join(SCRATCH, `downloads-${kind.provider}`))
    const servicePort = nextServicePort++
    const serial: string[] = []
    let boot: Boot | undefined
    const center = new DataCenter({certificates, downloads}, (_boot, guest) => {
      const mac = center.world.triton.machine(guest.id)?.nics[0]?.mac
      return emulator({
        guest,
        image: imageFolder(),
        folder: join(SCRATCH, guest.id),
        certificateAuthority: certificates.authority,
        ports: {
          apis: apis.port,
          service: servicePort,
          ...(kind.provider === 'aws' ? {metadata} : {serial: port.port}),
        },
        ...(mac === undefined ? {} : {mac}),
      })
    })
    const {triton} = center.world
    const guestId = () => boot?.guest?.id ?? ''
    const apis = await center.serveApis(() => boot)
    const metadata = await center.serveMetadata(() => boot)
    const port = await serveMetadataPort(
      {get: key => triton.guestMetadata(guestId(), key), keys: () => triton.guestMetadataKeys(guestId())},
      request => void serial.push(request),
    )
    try {
      const deployment = await deploy(center, SCRATCH, kind)
      boot = deployment.boot
      await upInTwoRuns(deployment)
      await expectRegistered(deployment)
      expectTold(deployment, {serial})
      // A machine that goes down before cloud-init is through cuts it off, and has nothing to say about errors.
      await eventually(() => /Cloud-init v.* finished at/.test(deployment.boot.machine?.story() ?? ''), {
        deadlineMs: LONG_MS,
        everyMs: 500,
      })
      await deployment.terminate()
      await expectGone(deployment)
      await expectNoErrors(boot)
      expectSecretsKept(boot)
    } catch (error) {
      console.log(`${rule} failed\n${boot?.machine?.story() ?? 'it never booted'}`)
      throw error
    } finally {
      if (boot) console.log([rule, ...arrivalLog(boot)].join('\n    '))
      await center.close()
      port.close()
    }
  })
}

boots(
  'EC2 is known by its SMBIOS, and asked with tokens alone',
  {form: 'cloud-config', provider: 'aws', vendor: 'route53', content: 'program'},
  ({boot: {arrivals}}) => {
    const asked = arrivals.filter(({service}) => service === 'metadata')
    expect(asked.filter(({tokenless}) => tokenless)).toEqual([])
    expect(asked.some(({request}) => request.endsWith('/user-data'))).toBe(true)
  },
)

boots(
  'SmartOS is known by its SMBIOS, and asked over the serial port',
  {form: 'shell', provider: 'joyent', vendor: 'cloudflare', content: 'text'},
  ({boot: {arrivals}}, {serial}) => {
    expect(serial).toContain('GET cloud-init:user-data')
    expect(serial).toContain('GET sdc:nics')
    expect(arrivals.filter(({service}) => service === 'metadata')).toEqual([])
  },
)
