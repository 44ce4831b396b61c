import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'
import {readCloudConfig} from './cloud-config.ts'
import {guestEnvironment, type RunningScript, type StartScript} from './run-script.ts'
import {openSite, type Site} from './site.ts'
import type {MachineNews, MachineSpec, Serving} from './spec.ts'
import {readService, type Service} from './systemd.ts'
import {type GuestDocument, readGuestDocument} from './userdata.ts'

export type LifeOptions = {
  print(text: string): void
  tell(news: MachineNews): void
  readonly startScript: StartScript
}

export type Life = {
  /** Whether its service answers, or fails every request. */
  setServing(serves: boolean): void
  /** As a guest goes down when its power button is pressed: deregistered first, then no longer serving. */
  shutdown(): Promise<void>
  /** Power off. */
  cut(): void
}

const INSTALL_TIMEOUT_MS = 60_000
/** Machines of the sandbox spread over less than the 30 s of real ones: a person waits for them. */
const START_WITHIN_SECONDS = '2'
/** As the timer that comes with the units. */
const CHECK_EVERY_MS = 60_000

/**
 * One machine from power-on to its end. It does what cloud-init and systemd would do with the userdata, except that of the
 * user's part nothing is executed (decision 35): its files are written, its page is served, and only the registration part runs.
 */
export function powerOn(spec: MachineSpec, {print, tell, startScript}: LifeOptions): Life {
  let isOn = true
  let serves = true
  let site: Site | undefined
  let script: RunningScript | undefined
  let nextCheck: NodeJS.Timeout | undefined
  let service: Service | undefined
  let hasStarted = false
  const say = (text: string) => print(`${text}\n`)
  // Not within the call: whoever switches it on is not ready to listen yet.
  const booting = Promise.resolve()
    .then(boot)
    .catch(error => say(`mcd sandbox: boot failed: ${(error as Error).message}`))

  async function boot(): Promise<void> {
    say(`mcd sandbox: ${spec.id} boots, ${spec.publicIp || 'no public address'}, ${spec.privateIp}`)
    const document = readGuestDocument(Buffer.from(spec.userdataBase64, 'base64'))
    const isFirstBoot = claimFirstBoot(spec.root)
    if (isFirstBoot) unpack(spec.root, document, say)
    const registers =
      document.registration !== undefined && (await prepareRegistration(document, isFirstBoot))
    if (!isOn) return

    const opened = await openSite({
      host: spec.host,
      ownHost: spec.ownHost,
      servicePort: document.servicePort,
      folder: join(spec.root, 'var', 'www', 'html'),
      instanceId: spec.id,
      isFailing: () => !serves,
      healthPath: document.healthPath?.replace(/\?.*$/, ''),
      visited: atMostEverySecond(() => tell({kind: 'visited'})),
    })
    if (!isOn) return opened.close()
    site = opened
    prepareTools(spec, site.serving)
    tell({kind: 'serving', serving: site.serving})
    say(`mcd sandbox: serving port ${site.serving.servicePort} at ${site.serving.host}:${site.serving.port}`)
    if (registers) await register()
  }

  /** Whether there is something to start. A machine that cannot register serves all the same. */
  async function prepareRegistration(
    {registration = ''}: GuestDocument,
    isFirstBoot: boolean,
  ): Promise<boolean> {
    if (!findProgram('curl')) {
      say('mcd sandbox: no curl on this host, so the registration part cannot run')
      tell({kind: 'registration', registration: 'unable'})
      return false
    }
    if (!isFirstBoot) return true
    const file = join(spec.root, 'var', 'lib', 'cloud', 'instance', 'scripts', 'registration')
    write(file, registration, 0o700)
    const status = await run([file], INSTALL_TIMEOUT_MS)
    if (status === 0) return true
    say(`mcd sandbox: the registration part ended with status ${status ?? 'unknown'}`)
    tell({kind: 'registration', registration: 'failed'})
    return false
  }

  async function register(): Promise<void> {
    service = readService(spec.root, 'mcd-registration.service')
    if (!service) {
      say('mcd sandbox: the registration part installed no mcd-registration.service')
      return tell({kind: 'registration', registration: 'failed'})
    }
    tell({kind: 'registration', registration: 'working'})
    const status = await run(service.start, service.startTimeoutMs)
    if (!isOn) return
    hasStarted = true
    tell({kind: 'registration', registration: status === 0 ? 'registered' : 'failed'})
    const check = readService(spec.root, 'mcd-registration-check.service')
    if (check) checkLater(check)
  }

  function checkLater(check: Service): void {
    nextCheck = setTimeout(async () => {
      const status = await run(check.start, check.startTimeoutMs)
      if (!isOn) return
      tell({kind: 'registration', registration: status === 0 ? 'registered' : 'failed'})
      checkLater(check)
    }, CHECK_EVERY_MS)
  }

  async function run(command: readonly string[], timeoutMs: number): Promise<number | undefined> {
    const environment = guestEnvironment(spec.root, {
      MCD_ROOT: spec.root,
      MCD_METADATA_URL: spec.metadataUrl,
      MCD_START_WITHIN: START_WITHIN_SECONDS,
      CURL_HOME: spec.root,
    })
    script = startScript({command, environment, cwd: spec.root, timeoutMs, print})
    const status = await script.ended
    script = undefined
    return status
  }

  return {
    setServing: now => {
      serves = now
    },
    async shutdown() {
      if (!isOn) return
      isOn = false
      clearTimeout(nextCheck)
      const inFlight = script
      inFlight?.terminate()
      await Promise.all([booting, inFlight?.ended])
      // As in systemd, a service that was stopped while it started is not stopped once more.
      if (service?.stop && hasStarted) {
        const status = await run(service.stop, service.stopTimeoutMs)
        if (status === 0) tell({kind: 'registration', registration: 'deregistered'})
      }
      await site?.close()
      say(`mcd sandbox: ${spec.id} is down`)
    },
    cut() {
      isOn = false
      clearTimeout(nextCheck)
      script?.kill()
      void site?.close()
    },
  }
}

/** Userdata is carried out once per instance, as by cloud-init; a later boot only starts what was installed. */
function claimFirstBoot(root: string): boolean {
  const stamp = join(root, 'var', 'lib', 'cloud', 'instance', 'boot-finished')
  if (existsSync(stamp)) return false
  write(stamp, '', 0o644)
  return true
}

/** The user's part: its files, and a word about what is left out. Runs before any script, so no link can lead out of the root. */
function unpack(root: string, {userParts}: GuestDocument, say: (text: string) => void): void {
  for (const {name, kind, text} of userParts) {
    if (kind !== 'cloud-config') {
      say(`mcd sandbox: ${name}: ${kind} is not run in the sandbox`)
      continue
    }
    const {files, problems, notes} = readCloudConfig(text)
    for (const problem of problems) say(`cloud-init: ${name}: ${problem}`)
    for (const note of notes) say(`mcd sandbox: ${name}: ${note}`)
    // An absolute path joined to the root cannot climb above it: `..` ends at `/`.
    for (const {path, content, mode} of files) write(join(root, join('/', path)), content, mode)
  }
}

/**
 * What the machine's own programs need. curl calls from the machine's address, so that the request log tells the machines
 * apart; and where the script asks 127.0.0.1 for the service, as it does on any instance, it reaches this machine's.
 */
function prepareTools({root, cloud, host, ownHost}: MachineSpec, {servicePort, port}: Serving): void {
  const curl = [
    ...(ownHost ? [`interface = "${host}"`] : []),
    `connect-to = "127.0.0.1:${servicePort}:${host}:${port}"`,
  ]
  write(join(root, '.curlrc'), `${curl.join('\n')}\n`, 0o600)
  if (cloud === 'triton') write(join(root, 'usr', 'sbin', 'mdata-get'), MDATA_GET, 0o755)
}

/** Source of the exit statuses: mdata-client, man mdata-get(8). */
const MDATA_GET = `#!/bin/sh
[ $# -eq 1 ] || exit 3
answer=$(curl -sS -w '\\n%{http_code}' "$MCD_METADATA_URL/mdata/$1") || exit 2
status=\${answer##*
}
case $status in
  200) printf '%s\\n' "\${answer%
*}" ;;
  404) echo "No metadata for '$1'" >&2; exit 1 ;;
  *) exit 2 ;;
esac
`

function write(file: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(file), {recursive: true})
  writeFileSync(file, content, {mode})
}

function findProgram(name: string): boolean {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some(folder => folder !== '' && existsSync(join(folder, name)))
}

function atMostEverySecond(then: () => void): () => void {
  let lastMs = 0
  return () => {
    if (Date.now() - lastMs < 1_000) return
    lastMs = Date.now()
    then()
  }
}
