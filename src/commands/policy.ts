import {fleetFlags, McdCommand} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import type {FleetPolicies} from '../policy/fleet-policies.ts'

const FORMATS = ['text', 'cli', 'terraform'] as const

export default class Policy extends McdCommand {
  static override summary =
    'Print the least permissions that run this fleet: IAM policies and CloudFlare tokens.'
  static override description =
    'For whoever runs mcd, and for the instances that register themselves. Made from the fleet file alone: no cloud is asked and nothing is changed. --format cli prints a shell script that grants them, --format terraform the same as resources.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --zone-id example.com=Z0123456789',
    '<%= config.bin %> <%= command.id %> --format terraform > mcd.tf',
  ]
  static override flags = {
    ...fleetFlags,
    format: Flags.string({description: 'What to print.', options: FORMATS, default: 'text'}),
    'zone-id': Flags.string({
      description:
        'Id of a Route53 zone, for --format text and --json; else ZONE_ID stands there. Can be repeated.',
      multiple: true,
      helpValue: 'ZONE=ID',
    }),
  }

  async run(): Promise<FleetPolicies> {
    const {flags} = await this.parse(Policy)
    const {readPolicies, printPolicies} = await import('../runs/fleet-policy.ts')
    const format = flags.format as (typeof FORMATS)[number]
    const policies = await readPolicies(flags, format, flags['zone-id'] ?? [])
    this.logExactly(printPolicies(policies, format))
    return policies
  }
}
