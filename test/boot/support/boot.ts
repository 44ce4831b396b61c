import type {Fleet} from '../../../src/fleet/model.ts'
import type {WireReply, WireRequest} from '../../../src/sandbox/wire/http.ts'
import type {Guest} from '../../../src/sandbox/world/hypervisor.ts'
import type {Machine} from './machine.ts'

/** Whom a machine asks: the instance metadata service, or a DNS vendor's API. */
export type Service = 'metadata' | 'cloudflare' | 'route53'

/** One request of a machine, as the cloud side saw it. */
export type Arrival = {
  readonly atMs: number
  readonly service: Service
  /** `POST /client/v4/zones/…/dns_records` */
  readonly request: string
  readonly status: number
  /** Asked of the metadata service without a token, as only cloud-init in a container may. */
  readonly tokenless?: true
  /** Looks whether mcd holds the instance out. */
  readonly asksForHold?: true
  /** What it changed, in the world's words: `create A www.example.com 198.18.0.1`. */
  readonly effects: readonly string[]
  /** The vendor's code where it was refused. */
  readonly refused?: string
  /** Whether the service answered from outside at that moment; looked at when records change. */
  readonly served?: boolean
}

/** Answers in the place of the cloud, or lets the request through. */
export type Trouble = (service: Service, request: WireRequest) => WireReply | undefined

/** What an instance meets before it can register. */
export type Difficulties = {
  readonly troubles?: readonly Trouble[]
  /** Its clock is wrong, as seen by those who check signatures (Route53) or in the certificates that it is shown (CloudFlare). */
  readonly wrongClock?: boolean
  /** Its timer is told by a drop-in to look so often; the unit itself stays as it is shipped. */
  readonly checkEverySeconds?: number
}

/** The life of one fleet's only instance, as the cloud side sees it. */
export type Boot = {
  readonly fleet: Fleet
  /** What nobody on the instance may see but root. */
  readonly secrets: string[]
  readonly arrivals: Arrival[]
  /** Where a secret was seen. */
  readonly leaks: Set<string>
  /** The programs that ran while its calls were under way: those whose command lines and environments were looked at. */
  readonly programs: Set<string>
  readonly troubles: Trouble[]
  readonly checkEverySeconds: number | undefined
  wrongClock: boolean
  startedAtMs: number
  /** Times it was switched on. */
  starts: number
  guest?: Guest
  machine?: Machine
}

export function newBoot(
  fleet: Fleet,
  secrets: readonly string[],
  {troubles = [], wrongClock = false, checkEverySeconds}: Difficulties,
): Boot {
  return {
    fleet,
    secrets: [...secrets],
    arrivals: [],
    leaks: new Set(),
    programs: new Set(),
    troubles: [...troubles],
    checkEverySeconds,
    wrongClock,
    startedAtMs: Date.now(),
    starts: 0,
  }
}

/** The first `times` requests that `fits` get this reply. */
export function atFirst(
  times: number,
  fits: (service: Service, request: WireRequest) => boolean,
  reply: WireReply,
): Trouble {
  let left = times
  return (service, request) => {
    if (left === 0 || !fits(service, request)) return undefined
    left--
    return reply
  }
}

/** What it changed of its own address under the fleet's name, in order: `create 198.18.0.1`. */
export function addressChanges({arrivals, fleet}: Boot): string[] {
  return arrivals
    .flatMap(({effects}) => effects)
    .flatMap(effect => {
      const [what, type, name, value] = effect.split(' ')
      return type === 'A' && name === fleet.dns ? [`${what} ${value}`] : []
    })
}

/** What arrived when: changes and refusals one by one, the rest counted. */
export function arrivalLog({arrivals, startedAtMs}: Boot): string[] {
  const lines: string[] = []
  let quiet = 0
  const seconds = (ms: number) => `+${((ms - startedAtMs) / 1000).toFixed(1).padStart(5)} s`
  arrivals.forEach((arrival, index) => {
    const {atMs, service, request, status, effects, refused, served} = arrival
    const next = arrivals[index + 1]
    if (isPlain(arrival) && next && next.service === service && isPlain(next)) {
      quiet++
      return
    }
    const before = quiet > 0 ? ` (and ${quiet} before it)` : ''
    quiet = 0
    const what = effects.length > 0 ? effects.join(', ') : request
    const outcome = status < 400 ? '' : ` → ${status}${refused ? ` ${refused}` : ''}`
    const answers =
      served === undefined ? '' : served ? '; the service answers' : '; THE SERVICE DOES NOT ANSWER'
    lines.push(`${seconds(atMs)} ${service}: ${what}${outcome}${answers}${before}`)
  })
  return lines
}

/** Nothing worth a line. Metadata tell by a 404 that there is no such thing. */
const isPlain = ({service, status, effects}: Arrival): boolean =>
  effects.length === 0 && (status < 400 || (service === 'metadata' && status === 404))
