import {chmodSync, writeFileSync} from 'node:fs'
import {connect, createServer, type Socket} from 'node:net'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {realRuntime} from '../../../src/runtime.ts'
import {countOverSsh, sshArguments} from '../../../src/surroundings/connections/ssh.ts'
import {fleet} from '../../support/fleet-builder.ts'
import {temporaryFolders} from '../../support/sandbox.ts'

const folders = temporaryFolders()
afterAll(() => folders.removeAll())

test('ssh is called with a list of arguments, asks nothing and decides about host keys as its user has it', () => {
  expect(sshArguments('192.0.2.7', 8080, 'ubuntu')).toEqual([
    ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5'],
    ...['-l', 'ubuntu', '--', '192.0.2.7', 'sh -s 8080'],
  ])
  expect(sshArguments('2001:db8::7', 80, undefined).slice(4)).toEqual(['--', '2001:db8::7', 'sh -s 80'])
})

/** A program in the place of ssh. Written as it is: its arguments are ssh's. */
function program(text: string): string {
  const file = join(folders.make(), 'ssh')
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

const count = (ssh: string, port = 80) =>
  countOverSsh(
    realRuntime(),
    ssh,
  )({
    address: '192.0.2.7',
    service: {...fleet([]).service, port},
    host: 'www.example.com',
    by: {kind: 'ssh', user: 'ubuntu'},
  })

/** Runs what ssh was to run, here: the last argument is the command of the other side. */
const HERE = 'for command; do :; done; exec env SSH_CONNECTION="203.0.113.5 1 192.0.2.7 22" $command'
/** The same where no program of that name is. */
const without = (...names: string[]) =>
  `for command; do :; done
folder=$(mktemp -d); for each in sh cat ss netstat mktemp; do ln -s "$(command -v $each)" "$folder/$each" 2>/dev/null; done
for each in ${names.join(' ')}; do rm -f "$folder/$each"; done
PATH=$folder; $command; status=$?; /bin/rm -r "$folder"; exit $status`

test('the script counts what this machine has, whichever of its tables there is', async () => {
  const others: string[] = Object.values((await import('node:os')).networkInterfaces())
    .flat()
    .flatMap(address => (address && address.family === 'IPv4' && !address.internal ? [address.address] : []))
  const [own] = others
  const server = createServer().listen(0)
  const {port} = await new Promise<{port: number}>(resolve =>
    server.once('listening', () => resolve(server.address() as {port: number})),
  )
  const client: Socket = connect(port, own ?? '127.0.0.1')
  const [served] = await Promise.all([
    new Promise<Socket>(resolve => server.once('connection', resolve)),
    new Promise(resolve => client.once('connect', resolve)),
  ])
  // Over loopback it is one of the machine's own, which count for nothing.
  const expected = {connections: own ? 1 : 0}
  expect(await count(program(HERE), port)).toEqual(expected)
  expect(await count(program(without('ss')), port)).toEqual(expected)
  served.destroy()
  client.destroy()
  server.close()
})

test.each([
  [
    'ssh says why it could not log in',
    'echo "ubuntu@192.0.2.7: Permission denied (publickey)." >&2; exit 255',
    'ubuntu@192.0.2.7: Permission denied (publickey).; see that "ssh -l ubuntu 192.0.2.7" works without a question, or give drain.counter',
  ],
  [
    'the machine has no table that is known',
    'echo mcd-from; exit 1',
    'the machine has no ss, /proc/net/tcp or netstat that could tell; give drain.counter',
  ],
  [
    'the answer breaks off',
    'echo mcd-from; echo mcd-table ss; exit 0',
    'the machine has no ss, /proc/net/tcp or netstat that could tell; give drain.counter',
  ],
])('who cannot be asked is not quiet: %s', async (_rule, text, why) => {
  expect(await count(program(text))).toEqual({why})
})

test('nor without ssh', async () => {
  const absent = join(folders.make(), 'ssh')
  expect(await count(absent)).toEqual({
    why: `there is no ${absent} program here; install one, or give drain.counter`,
  })
})
