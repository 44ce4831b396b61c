import {Config} from '@oclif/core/config'
import {flush} from '@oclif/core/flush'
import {handle} from '@oclif/core/handle'
import {run as runOclif} from '@oclif/core/run'
import {rootPlugin} from './command-line/root-plugin.ts'
import {unknownCommand} from './command-line/unknown-command.ts'
import ShowConfig from './commands/config.ts'
import Doctor from './commands/doctor.ts'
import Down from './commands/down.ts'
import Drain from './commands/drain.ts'
import History from './commands/history.ts'
import Init from './commands/init.ts'
import Plan from './commands/plan.ts'
import Policy from './commands/policy.ts'
import Render from './commands/render.ts'
import Replace from './commands/replace.ts'
import SandboxEnv from './commands/sandbox/env.ts'
import SandboxFaultAdd from './commands/sandbox/fault/add.ts'
import SandboxFaultClear from './commands/sandbox/fault/clear.ts'
import SandboxFaultList from './commands/sandbox/fault/list.ts'
import SandboxReset from './commands/sandbox/reset.ts'
import SandboxStart from './commands/sandbox/start.ts'
import SandboxStatus from './commands/sandbox/status.ts'
import SandboxStop from './commands/sandbox/stop.ts'
import Scale from './commands/scale.ts'
import SdBrowse from './commands/sd/browse.ts'
import SdCheck from './commands/sd/check.ts'
import SdDefine from './commands/sd/define.ts'
import SdJoin from './commands/sd/join.ts'
import SdLeave from './commands/sd/leave.ts'
import SdResolve from './commands/sd/resolve.ts'
import SdUndefine from './commands/sd/undefine.ts'
import StateMigrate from './commands/state/migrate.ts'
import StateRebuild from './commands/state/rebuild.ts'
import StateShow from './commands/state/show.ts'
import StateUnlock from './commands/state/unlock.ts'
import Status from './commands/status.ts'
import Sync from './commands/sync.ts'
import TtlLower from './commands/ttl/lower.ts'
import TtlRestore from './commands/ttl/restore.ts'
import Undrain from './commands/undrain.ts'
import Up from './commands/up.ts'
import Why from './commands/why.ts'
import {EXIT, formatError} from './errors.ts'
import {writeTrouble} from './file-trouble.ts'
import {retryTeller} from './output/retry-text.ts'
import {hearingRetries} from './providers/retries.ts'

/** By id. Commands import what is heavy when they run. */
const COMMANDS = {
  init: Init,
  plan: Plan,
  up: Up,
  down: Down,
  scale: Scale,
  replace: Replace,
  sync: Sync,
  drain: Drain,
  undrain: Undrain,
  'ttl:lower': TtlLower,
  'ttl:restore': TtlRestore,
  status: Status,
  why: Why,
  config: ShowConfig,
  render: Render,
  policy: Policy,
  doctor: Doctor,
  history: History,
  'sd:resolve': SdResolve,
  'sd:browse': SdBrowse,
  'sd:check': SdCheck,
  'sd:define': SdDefine,
  'sd:undefine': SdUndefine,
  'sd:join': SdJoin,
  'sd:leave': SdLeave,
  'state:show': StateShow,
  'state:rebuild': StateRebuild,
  'state:unlock': StateUnlock,
  'state:migrate': StateMigrate,
  'sandbox:start': SandboxStart,
  'sandbox:stop': SandboxStop,
  'sandbox:status': SandboxStatus,
  'sandbox:env': SandboxEnv,
  'sandbox:reset': SandboxReset,
  'sandbox:fault:add': SandboxFaultAdd,
  'sandbox:fault:list': SandboxFaultList,
  'sandbox:fault:clear': SandboxFaultClear,
}

/** Read by oclif. */
export {McdHelp} from './command-line/help.ts'

/** Called by bin/mcd.js with the folder of the package. */
export async function run({root}: {root: string}): Promise<void> {
  // Node keeps quiet about outdated calls inside node_modules; bundled, the same libraries would be reported to our users.
  process.noDeprecation = true
  process.stdout.prependListener('error', sayUnwritable)
  try {
    const plugin = rootPlugin(root, COMMANDS)
    const config = await Config.load({root, plugins: new Map([[plugin.name, plugin]])})
    await hearingRetries(retryTeller(), () => runOclif(spelledOut(process.argv.slice(2)), config))
    await flush()
  } catch (error) {
    const unknown = unknownCommand(error, Object.keys(COMMANDS))
    if (!unknown) return await handle(error as Error)
    process.exitCode = unknown.exit
    process.stderr.write(`${formatError(unknown)}\n`)
  }
}

/** A full disk, say. oclif passes over a reader that has gone, and throws what else goes wrong there with all of its stack. */
function sayUnwritable(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return
  const {why} = writeTrouble('/dev/stdout', error)
  process.stderr.write(`Error: What mcd has to say cannot be written to stdout: ${why}.\n`)
  process.exit(EXIT.failed)
}

/** `mcd help up` as oclif knows it: `mcd up --help`. */
const spelledOut = ([first, ...rest]: string[]): string[] =>
  first === 'help' ? [...rest, '--help'] : first === undefined ? [] : [first, ...rest]
