import {fileFlag, folderOf, McdCommand} from '../../../command-line/command.ts'
import {Args, Flags} from '../../../command-line/oclif.ts'
import {parseDuration} from '../../../duration.ts'
import {UsageError} from '../../../errors.ts'
import {faultLine, faultMeaning, kindsHelp} from '../../../sandbox/fault-text.ts'
import {FAULT_KINDS, type FaultReport, SENDERS} from '../../../sandbox/world/faults/kinds.ts'

export default class SandboxFaultAdd extends McdCommand {
  static override summary = 'Make something go wrong in the embedded clouds, as it does in real ones.'
  static override description =
    `TARGET is VENDOR:CALL, with * for anything (aws:RunInstances, "aws:Describe*", joyent:CreateMachine, route53:ChangeResourceRecordSets, "cloudflare:POST *"), or a vendor alone; aws covers EC2, SSM, STS and Service Quotas; s3 is a vendor of its own. "mcd sandbox status" counts calls under the names that count here. machine-dies and machine-unhealthy also take the id of a running instance, and strike it at once.

Kinds:
${kindsHelp()}

A fault fires as often as --times says, once without it where it is a single mishap, and for as long as it stands where it is a condition. It ends with "mcd sandbox fault clear", with "mcd sandbox reset", or with the sandbox.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> aws:RunInstances --kind lost-reply',
    '<%= config.bin %> <%= command.id %> joyent --kind outage --for 2m',
    '<%= config.bin %> <%= command.id %> aws:RunInstances --kind partial-fill --count 1 --times 2',
    '<%= config.bin %> <%= command.id %> i-0123456789abcdef0 --kind machine-unhealthy',
  ]
  static override args = {
    target: Args.string({
      description: 'VENDOR:CALL, a vendor, or the id of a running instance.',
      required: true,
    }),
  }
  static override flags = {
    file: fileFlag,
    kind: Flags.option({
      options: FAULT_KINDS,
      description: 'What goes wrong; the list is below.',
      helpValue: 'KIND',
      required: true,
    })(),
    times: Flags.integer({min: 1, helpValue: 'N', description: 'How often it fires.'}),
    skip: Flags.integer({min: 0, helpValue: 'N', description: 'How many such calls pass before it begins.'}),
    for: Flags.string({description: 'How long, for the kinds that take a while.', helpValue: 'DURATION'}),
    count: Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'Instances that partial-fill leaves room for.',
    }),
    from: Flags.option({
      options: SENDERS,
      description:
        "Whose calls: yours (operator), the instances' own, or any. An outage is any unless told otherwise.",
    })(),
  }

  async run(): Promise<FaultReport> {
    const {args, flags} = await this.parse(SandboxFaultAdd)
    const ms = flags.for === undefined ? undefined : parseDuration(flags.for)
    if (flags.for !== undefined && ms === undefined)
      throw new UsageError(
        `--for must be a duration with a unit, such as 500ms, 90s or 2m; "${flags.for}" is not.`,
      )
    const {addFault, theSandbox} = await import('../../../sandbox/client.ts')
    const {kind, times, skip, count, from} = flags
    const sandbox = await theSandbox(folderOf(flags.file))
    const fault = await addFault(sandbox, {target: args.target, kind, from, times, skip, ms, count})
    this.log(faultLine(fault))
    this.log(faultMeaning(fault))
    return fault
  }
}
