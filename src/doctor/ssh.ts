import type {Fleet} from '../fleet/model.ts'
import type {FleetFinding} from './finding.ts'

/** What of ssh this machine has. */
export type SshHere = {
  readonly program: boolean
  /** Keys that it would offer: those of the agent, and files. */
  keys(): Promise<readonly string[]>
}

/** Whether the connections to an instance could be counted over ssh, where `drain.quiet` asks for that. */
export async function examineSsh({drainQuiet, groups}: Fleet, ssh: SshHere): Promise<FleetFinding[]> {
  if (drainQuiet?.by.kind !== 'ssh') return []
  const other = 'or let the service show its own count with "drain: {counter: /PATH}".'
  const missing = 'Without it every drain waits for all of drain.max.'
  if (!ssh.program)
    return [
      {
        check: 'key',
        subject: 'ssh',
        outcome: 'failed',
        detail: `There is no ssh here, and drain.quiet counts connections over it. ${missing}`,
        remedy: `Install an ssh client, ${other}`,
      },
    ]
  const keys = await ssh.keys()
  const bare = groups.filter(({place, wish}) => place.provider === 'aws' && wish.keyPair === undefined)
  return [
    keys.length === 0
      ? {
          check: 'key',
          subject: 'ssh',
          outcome: 'failed',
          detail: `ssh has no key to offer here, in an agent or in a file, and drain.quiet counts connections over it. ${missing}`,
          remedy: `Load one with "ssh-add", ${other}`,
        }
      : {check: 'key', subject: 'ssh', outcome: 'ok', detail: `It would offer ${keys.join(', ')}.`},
    ...bare.map(
      ({name}): FleetFinding => ({
        check: 'key',
        subject: `keyPair of group ${name}`,
        group: name,
        outcome: 'warning',
        detail: 'EC2 puts no key on its instances: unless the template does, nobody can log in by ssh.',
        remedy: `Name a key pair with "keyPair" in the group, ${other}`,
      }),
    ),
  ]
}
