import {chmodSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {ROOT} from '../house/source.ts'
import {workplaces} from '../support/cli.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

/** The examples of examples/ci, as a runner without a terminal runs them. */

const all = workplaces()
afterAll(() => all.endAll())

const FLEET = twoCloudFleet({vendor: 'route53', registration: 'mcd', virginia: 1, east: 1})
const MCD = join(ROOT, 'bin/mcd.js')

describe.concurrent('examples/ci/pipeline.sh', () => {
  const script = join(ROOT, 'examples/ci/pipeline.sh')

  test('plans, deploys, checks and takes down a fleet, without a terminal and without a question', async () => {
    const place = all.open()
    place.write(FLEET)
    await place.startSandbox('shared')
    const {exitCode, stdout, stderr} = await place.bash(
      `MCD='${process.execPath} ${MCD}' setsid --wait '${script}'`,
    )
    expect(exitCode, stderr).toBe(0)
    const said = [
      'Plan: 2 to launch',
      'Fleet web is as declared.',
      'Fleet web is as declared.',
      'Nothing is left of fleet web.',
      'The sandbox has ended',
    ]
    let from = 0
    for (const words of said) {
      from = stdout.indexOf(words, from)
      expect(from, `${words} in its turn:\n${stdout}`).toBeGreaterThanOrEqual(0)
      from += words.length
    }
    expect(stderr.match(/^== .*/gm)).toEqual(['== plan', '== up', '== check', '== down'])
  })

  test('ends with the status of the step that failed, and takes its sandbox along', async () => {
    const place = all.open()
    place.write(FLEET.replace('count: 1', 'cuont: 1'))
    const {exitCode, stderr} = await place.bash(`MCD='${process.execPath} ${MCD}' '${script}'`)
    expect(exitCode, stderr).toBe(2)
    expect(stderr).toContain('mcd.yaml:12:5: unknown key "cuont"')
    expect(stderr.match(/^== .*/gm)).toEqual(['== plan'])
  })

  test('passes the SIGTERM of a cancelled job on to mcd, though the runner signals the script alone', async () => {
    const place = all.open()
    place.write(FLEET)
    await place.startSandbox('shared')
    await place.mcd(['sandbox', 'fault', 'add', 'aws:RunInstances', '--kind', 'slow-boot', '--for', '10m'])
    const {exitCode} = await place.bash(
      `MCD='${process.execPath} ${MCD}' '${script}' 2> said.txt & job=$!
       until grep -q '✓ launch 1 × t3.micro' said.txt || ! kill -0 "$job"; do sleep 0.1; done
       kill -TERM "$job"; wait "$job"`,
    )
    expect(exitCode).toBe(143)
    expect(readFileSync(join(place.folder, 'said.txt'), 'utf8')).toContain(
      'Interrupted: what had begun is recorded.',
    )
  })
})

describe('examples/ci/gitlab', () => {
  type Job = {readonly before_script?: readonly string[]; readonly script?: readonly string[]}
  const jobs = parse(readFileSync(join(ROOT, 'examples/ci/gitlab/.gitlab-ci.yml'), 'utf8')) as Record<
    string,
    Job
  >
  const place = all.open()

  /** Both lists in one shell that ends at the first failure, as GitLab's runner has it, with its predefined variables. */
  const scriptOf = (name: string) =>
    [...(jobs['.mcd']?.before_script ?? []), ...(jobs[name]?.script ?? [])].join('\n')
  const runJob = (name: string, more: Readonly<Record<string, string>> = {}, script = scriptOf(name)) =>
    place.bash(script, {
      env: {
        PATH: `${join(place.folder, '.programs')}:${process.env.PATH}`,
        CI: 'true',
        GITLAB_CI: 'true',
        CI_PROJECT_DIR: place.folder,
        CI_JOB_ID: '42',
        CI_PROJECT_ID: '7',
        CI_API_V4_URL: 'https://gitlab.example.com/api/v4',
        AWS_ID_TOKEN: 'signed',
        MCD_NOTES_TOKEN: 'glpat-example',
        MCD_REPOSITORY: 'https://git.example.com/acme/mcd.git',
        MCD_VERSION: 'v0.1.0',
        MCD_HOME: join(place.folder, '.mcd-release'),
        ...more,
      },
    })

  beforeAll(async () => {
    place.write(FLEET)
    const programs = {
      // What would be cloned: this mcd, in the sandbox.
      git: `for home; do :; done; mkdir -p "$home/bin"; cat > "$home/bin/mcd.js" << 'END'
process.argv.push('--sandbox')
import('${MCD}')
END
echo '{"type": "commonjs"}' > "$home/package.json"`,
      npm: 'pwd >> npm.log; echo "$@" >> npm.log',
      curl: 'for each; do echo "$each"; done > "$CI_PROJECT_DIR/curl.log"',
    }
    for (const [name, script] of Object.entries(programs)) {
      place.write(`#!/bin/sh\n${script}\n`, `.programs/${name}`)
      chmodSync(join(place.folder, '.programs', name), 0o755)
    }
    await place.startSandbox('shared')
  })

  test('a merge request gets the plan as a note, the default branch carries it out, the schedule finds nothing', async () => {
    const plan = await runJob('plan', {CI_MERGE_REQUEST_IID: '12'})
    expect(plan.exitCode, plan.stderr).toBe(0)
    expect(plan.stdout).toContain('**Plan: 2 to launch')
    const note = readFileSync(join(place.folder, 'curl.log'), 'utf8')
    expect(note).toContain('body@plan.md\n')
    expect(note).toContain('https://gitlab.example.com/api/v4/projects/7/merge_requests/12/notes\n')
    expect(readFileSync(join(place.folder, '.mcd-release/npm.log'), 'utf8')).toContain('ci --include=dev')

    const early = await runJob('check')
    expect(early.exitCode, 'before the deployment something differs').toBe(10)
    const up = await runJob('up')
    expect(up.exitCode, up.stderr).toBe(0)
    const check = await runJob('check')
    expect([check.exitCode, check.stdout]).toEqual([0, expect.stringContaining('Fleet web is as declared.')])
  })

  test('a job that is cancelled ends mcd, and gives the fleet back', async () => {
    place.write(FLEET.replace('fleet: web', 'fleet: other').replace('name: www', 'name: other'))
    expect((await runJob('plan')).exitCode).toBe(0)
    await place.mcd(['sandbox', 'fault', 'add', 'aws:RunInstances', '--kind', 'slow-boot', '--for', '10m'])
    place.write(`set -eo pipefail\n${scriptOf('up')}`, 'job.sh')
    const {exitCode} = await runJob(
      'up',
      {},
      `bash job.sh 2> said.txt & job=$!
       until grep -q '✓ launch 1 × t3.micro' said.txt || ! kill -0 "$job"; do sleep 0.1; done
       kill -TERM "$job"; wait "$job"`,
    )
    expect(exitCode).toBe(143)
    expect(readFileSync(join(place.folder, 'said.txt'), 'utf8')).toContain(
      'Interrupted: what had begun is recorded.',
    )
    expect((await place.mcd(['state', 'unlock', '--sandbox'])).stdout).toContain('Nothing to unlock')
    await place.mcd(['sandbox', 'fault', 'clear'])
  })

  test('a plan that cannot be made fails the job with its status', async () => {
    place.write(FLEET.replace('count: 1', 'cuont: 1'))
    const {exitCode, stderr} = await runJob('plan')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('unknown key "cuont"')])
  })
})
