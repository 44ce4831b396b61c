import {FleetFileError} from '../../src/errors.ts'
import type {Environment} from '../../src/fleet/file/document.ts'
import {type ParseOptions, parseFleetFile} from '../../src/fleet/file/parse.ts'
import type {Fleet} from '../../src/fleet/model.ts'

/** A correct fleet file over two clouds, for tests that change one thing in it. */
export const FLEET_FILE = `fleet: web
service:
  port: 80
  health: {path: /, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 3}
userdata:
  template: nginx
  vars: {title: Hello from mcd}
groups:
  virginia:
    provider: aws
    region: us-east-1
    count: 2
    type: t3.micro
    image: ubuntu-24.04
  east:
    provider: joyent
    endpoint: https://us-central-1.api.mnx.io
    count: 2
    type: g1.nano
    image: ubuntu-24.04
dns:
  provider: cloudflare
  zone: example.com
  name: www
  ttl: 60s
  registration: mcd
drain: {wait: auto}
state: local
`

export const parse = (text: string, env: Environment = {}, sandbox = false): Fleet =>
  parseFleetFile(text, 'mcd.yaml', {env, directory: '/fleets', sandbox})

/** The lines an erroneous file is answered with; empty for a correct one. */
export function mistakesIn(
  text: string,
  env: Environment = {},
  options: Partial<ParseOptions> = {},
): string[] {
  try {
    parseFleetFile(text, 'mcd.yaml', {env, directory: '/fleets', ...options})
    return []
  } catch (error) {
    if (error instanceof FleetFileError) return error.message.split('\n')
    throw error
  }
}

/** FLEET_FILE with one part replaced; throws when the part is not in it, since such a test would prove nothing. */
export function fleetFile(...changes: [part: string, replacement: string][]): string {
  return changes.reduce((text, [part, replacement]) => {
    if (!text.includes(part)) throw new Error(`the fleet file has no ${JSON.stringify(part)}`)
    return text.replace(part, () => replacement)
  }, FLEET_FILE)
}
