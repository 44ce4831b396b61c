import type {CountConnections} from '../../fleet/outside.ts'
import {lookLimit, type Runtime} from '../../runtime.ts'
import {countUses, TABLE_MARK} from './socket-table.ts'

const CONNECT_TIMEOUT_SECONDS = 5
/** For all of it: a machine may accept a connection and say nothing more. */
const TIMEOUT_MS = 15_000

/**
 * What the machine's sh is told on its standard input; $1 is the port. `ss` where it is there (iproute2), else the kernel's
 * own tables, else illumos' netstat. Sockets in TIME-WAIT count: who was served a moment ago may come again.
 */
const SCRIPT = `
echo "${TABLE_MARK.from} \${SSH_CONNECTION-}"
if table=$(ss -tn state connected exclude syn-sent exclude syn-recv "( sport = :$1 )" 2>/dev/null); then
  echo '${TABLE_MARK.table} ss'
elif table=$(cat /proc/net/tcp 2>/dev/null); then
  echo '${TABLE_MARK.table} proc'
  cat /proc/net/tcp6 2>/dev/null
elif table=$(netstat -n -f inet -P tcp 2>/dev/null && netstat -n -f inet6 -P tcp 2>/dev/null); then
  echo '${TABLE_MARK.table} netstat'
else
  exit 1
fi
printf '%s\\n' "$table"
echo ${TABLE_MARK.end}
`

/** Whom the user's own ssh configuration does not know is refused by it: mcd trusts no host key by itself. */
export function sshArguments(address: string, port: number, user: string | undefined): string[] {
  return [
    ...['-o', 'BatchMode=yes'],
    ...['-o', `ConnectTimeout=${CONNECT_TIMEOUT_SECONDS}`],
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    address,
    `sh -s ${port}`,
  ]
}

/** Counts the connections to the service's port in the machine's own socket tables. */
export function countOverSsh(runtime: Runtime, program = 'ssh'): CountConnections {
  return async ({address, service: {port}, by}) => {
    const user = by.kind === 'ssh' ? by.user : undefined
    const {late, end} = lookLimit(runtime, TIMEOUT_MS)
    const {execa} = await import('execa')
    const {exitCode, stdout, stderr, code} = await execa(program, sshArguments(address, port, user), {
      input: SCRIPT,
      reject: false,
      cancelSignal: late,
      forceKillAfterDelay: 1_000,
    }).finally(end)
    const login = `ssh ${user === undefined ? '' : `-l ${user} `}${address}`
    if (code === 'ENOENT')
      return {why: `there is no ${program} program here; install one, or give drain.counter`}
    runtime.signal.throwIfAborted()
    if (late.aborted) return {why: `${login} has not answered within ${TIMEOUT_MS / 1_000} s`}
    const connections = exitCode === 0 ? countUses(stdout, port) : undefined
    if (connections !== undefined) return {connections}
    const said = stderr.trim().split('\n').at(-1)?.trim() ?? ''
    return exitCode === 255
      ? {why: `${said || 'ssh failed'}; see that "${login}" works without a question, or give drain.counter`}
      : {
          why: `the machine has no ss, /proc/net/tcp or netstat that could tell${said ? ` (${said})` : ''}; give drain.counter`,
        }
  }
}
