import {fleetFlags, journalOfSandboxFlag, McdCommand, waitFlag} from '../../command-line/command.ts'
import {Args} from '../../command-line/oclif.ts'
import type {MigrateReport} from '../../runs/migrate-run.ts'

export default class StateMigrate extends McdCommand {
  static override summary =
    'Move the journal to another place: from this machine to S3 or PostgreSQL, or back.'
  static override description =
    'Copies every event under the lease of this run, says in the old place where the journal goes on, and changes "state" in the fleet file. No two places can be written at once; stopped anywhere, the same command goes on. Clouds and zones are not touched.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> s3://acme-state/mcd',
    "<%= config.bin %> <%= command.id %> 's3://acme-state/mcd?region=eu-west-1'",
    '<%= config.bin %> <%= command.id %> postgres://mcd@db.example.com/mcd',
    '<%= config.bin %> <%= command.id %> local',
  ]
  static override args = {
    to: Args.string({
      required: true,
      description:
        '"local"; s3://BUCKET/PREFIX, with ?region=, &endpoint=, &encryption= and &kmsKeyId=; or postgres://USER@HOST/DATABASE, with ?sslmode= and &schema=.',
    }),
  }
  static override flags = {...fleetFlags, sandbox: journalOfSandboxFlag, wait: waitFlag}

  async run(): Promise<MigrateReport> {
    const {args, flags} = await this.parse(StateMigrate)
    const {migrateState} = await import('../../runs/migrate-run.ts')
    const report = await migrateState({...flags, to: args.to, signal: this.interruptible()})
    const {fleet, from, to, events, fileChanged, file} = report
    this.log(`The journal of fleet ${fleet} has moved: ${events} events from ${from} to ${to}.`)
    if (flags.sandbox)
      this.log(
        `${file} stays as it is, since this was a rehearsal. It goes on with --set 'state=${args.to}'.`,
      )
    else if (!fileChanged) this.log(`Write "state: ${args.to}" into ${file}: mcd could not change it there.`)
    return report
  }
}
