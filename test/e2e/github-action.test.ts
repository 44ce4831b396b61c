import {chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {ROOT} from '../house/source.ts'
import {actionsJob, type Step} from '../support/actions-runner.ts'
import {workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

/** action.yml itself, its steps run as GitHub's runner runs them, against the sandbox. */

const all = workplaces()
afterAll(() => all.endAll())

/** A checkout, the job on it, and programs of ours in front of those that a runner has. */
function checkout(programs: Readonly<Record<string, string>> = {}) {
  const place = all.open()
  const bin = join(place.folder, '.programs')
  for (const [name, script] of Object.entries(programs)) {
    place.write(`#!/bin/sh\n${script}`, `.programs/${name}`)
    chmodSync(join(bin, name), 0o755)
  }
  const job = actionsJob(place.folder, {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: place.folder,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  })
  return {place, job, file: (name: string) => readFileSync(join(place.folder, name), 'utf8')}
}

const FLEET = twoCloudFleet({vendor: 'route53', registration: 'mcd', virginia: 1, east: 1})
const SANDBOX = {args: '--sandbox'}

describe('from a pull request to a fleet, and back', () => {
  // Answers with the comments there are, and keeps what it was asked.
  const GH = `echo "$@" >> gh.log; for a; do case $a in body=@*) cp "\${a#body=@}" comment.md;; esac; done
case "$*" in *--paginate*) cat comments;; esac`
  const {place, job, file} = checkout({gh: GH})
  beforeAll(async () => {
    place.write(FLEET)
    await place.startSandbox('shared')
  })

  test('a plan with changes is no failure: it is saved, on the page of the job, and a comment that is kept up to date', async () => {
    const {exitCode, outputs, summary, stderr} = await job.action({...SANDBOX, 'plan-file': 'plan.json'})
    expect(exitCode, stderr).toBe(0)
    expect(outputs).toMatchObject({
      'exit-code': '10',
      changes: 'true',
      'plan-file': join(place.folder, 'plan.json'),
    })
    expect(summary).toMatch(
      /^<!-- mcd:plan-mcd\.yaml -->\n### mcd plan: fleet `web`\n\n\*\*Plan: 2 to launch/,
    )
    expect(summary).toContain('Commit f00dfee, [run 7](https://github.com/acme/shop/actions/runs/1234567890)')
    expect(readFileSync(outputs['comment-file'] ?? '', 'utf8')).toBe(summary)

    const {jobs} = parse(readFileSync(join(ROOT, 'examples/ci/github/deploy.yml'), 'utf8')) as {
      jobs: {plan: {steps: Step[]}}
    }
    const step = jobs.plan.steps.find(({name}) => name === 'Comment')
    const values = {
      'steps.mcd.outputs.comment-file': outputs['comment-file'] ?? '',
      'github.event.pull_request.number': '12',
    }
    for (const comments of ['', '4711\n']) {
      place.write(comments, 'comments')
      expect((await job.run(step ?? {}, values)).exitCode).toBe(0)
      expect(file('comment.md')).toBe(summary)
    }
    const [, posted, , patched] = file('gh.log').trim().split('\n')
    expect(posted).toMatch(/^api --silent repos\/acme\/shop\/issues\/12\/comments --field body=@/)
    expect(patched).toMatch(
      /^api --silent --method PATCH repos\/acme\/shop\/issues\/comments\/4711 --field body=@/,
    )
  })

  test('a plan that could not be saved is no plan that somebody may approve: its comment says so', async () => {
    const {exitCode, outputs, summary} = await job.action({...SANDBOX, 'plan-file': 'nowhere/plan.json'})
    expect([exitCode, outputs['plan-file']]).toEqual([2, ''])
    expect(summary).toMatch(
      /\*\*Plan: 2 to launch[\s\S]*\*\*Exit status 2\*\*\n\n[\s\S]* {4}\S+ cannot be written/,
    )
  })

  test('the saved plan is carried out, and the fleet is checked', async () => {
    const up = await job.action({...SANDBOX, command: 'up', 'plan-file': 'plan.json'})
    expect(up.exitCode, up.stderr).toBe(0)
    expect(up.summary).toContain('### mcd up: fleet `web`\n\n**Fleet web is as declared.**')

    const [plan, status, wanting] = await Promise.all([
      job.action(SANDBOX),
      job.action({...SANDBOX, command: 'status'}),
      job.action({...SANDBOX, command: 'status', set: 'groups.virginia.count=2\ngroups.east.count=2'}),
    ])
    expect([plan.exitCode, plan.outputs]).toMatchObject([0, {'exit-code': '0', changes: 'false'}])
    expect([status.exitCode, status.outputs]).toMatchObject([0, {'exit-code': '0', changes: 'false'}])
    expect([wanting.exitCode, wanting.outputs]).toMatchObject([10, {'exit-code': '10', changes: 'true'}])
    expect(wanting.summary).toContain('**Fleet web differs: 2 differences.**')
  })

  test('what ends instances is refused unless the step says yes', async () => {
    const refused = await job.action({...SANDBOX, command: 'down'})
    expect([refused.exitCode, refused.outputs['exit-code']]).toEqual([2, '2'])
    expect(refused.summary).toContain('### mcd down: exit status 2\n\n')
    expect(refused.summary).toContain('    2 instances would be ended')
    const down = await job.action({...SANDBOX, command: 'down', yes: 'true'})
    expect(down.exitCode, down.stderr).toBe(0)
    expect(down.summary).toContain('**Nothing is left of fleet web.**')
  })
})

test('a mistake in the fleet file fails the step and stands at its line', async () => {
  const {place, job} = checkout()
  place.write(FLEET.replace('count: 1', 'cuont: 1'), 'fleets/web.yaml')
  const {exitCode, outputs, summary, stderr} = await job.action({
    file: 'web.yaml',
    'working-directory': 'fleets',
  })
  expect([exitCode, outputs]).toMatchObject([2, {'exit-code': '2', changes: 'false', 'plan-file': ''}])
  expect(stderr).toMatch(/^::error title=mcd plan,file=fleets\/web\.yaml,line=12,col=5::.*"cuont"/m)
  expect(summary).toMatch(
    /^<!-- mcd:plan-\/fleets-web\.yaml -->\n### mcd plan: exit status 2\n\n {4}web\.yaml:12:5: /,
  )
  expect(summary).not.toContain('::error')
})

test('a cancelled job ends mcd with one SIGTERM, though the runner signals the shell alone', async () => {
  const {place, job} = checkout()
  place.write(FLEET)
  await place.startSandbox('shared')
  await place.mcd(['sandbox', 'fault', 'add', 'aws:RunInstances', '--kind', 'slow-boot', '--for', '10m'])
  const run = await job.beginAction({...SANDBOX, command: 'up'})
  await eventually(() => run.said().includes('✓ launch 1 × t3.micro'))
  run.signal('SIGINT')
  const {exitCode, stderr, outputs} = await run.ended
  expect([exitCode, outputs['exit-code']], stderr).toEqual([143, '143'])
  expect(stderr).toContain('Run the same command again to go on.')
  expect((await place.mcd(['state', 'unlock', '--sandbox'])).stdout).toContain('Nothing to unlock')
})

describe('an action that is not installed yet, and an mcd that says what it is given', () => {
  const {place, job, file} = checkout({
    npm: `echo "$@" > npm.log; mkdir -p dist node_modules bin
cat > bin/mcd.js << 'END'
process.stderr.write(\`  ::set-output name=changes::forged\\n::error title=mcd plan::ours\\n##[group]forged\\n\`)
process.stderr.write(\`50 %\\r::add-mask::forged\\n\\u00A0::add-mask::forged\\n\`)
process.stdout.write(process.argv.slice(2).map(each => \`<\${each}>\`).join('\\n'))
END`,
  })
  const action = join(place.folder, 'action')
  beforeAll(() => {
    mkdirSync(action)
    for (const part of ['action.yml', 'ci']) cpSync(join(ROOT, part), join(action, part), {recursive: true})
    writeFileSync(join(action, 'package.json'), '{"type": "commonjs"}')
  })

  test('it is installed from its own checkout, and reads each input line as one argument, whatever it holds', async () => {
    const nasty = '$(touch owned); `touch owned`" \' *'
    const {exitCode, summary, stderr} = await job.action(
      {command: 'up', file: `a.yaml\n${nasty}`, set: 'x=1 2', args: `--wait\n\n${nasty}\r\n`, yes: 'true'},
      action,
    )
    expect(exitCode, stderr).toBe(0)
    expect(file('action/npm.log')).toContain('ci --include=dev')
    const given = [
      'up',
      '--file',
      'a.yaml',
      '--file',
      nasty,
      '--set',
      'x=1 2',
      '--format',
      'markdown',
      '--yes',
    ]
    expect(summary).toContain([...given, '--wait', nasty].map(each => `<${each}>`).join('\n'))
    expect(existsSync(join(place.folder, 'owned'))).toBe(false)
  })

  test('no line that mcd passes on is a command to the runner, but for its own annotations', async () => {
    const {stderr, stdout} = await job.action({command: 'sync'}, action)
    // .NET's StreamReader, by which the runner reads, ends a line at each of these.
    expect(stderr.split(/\r\n|\r|\n/).filter(line => line.trim() !== '')).toEqual([
      '  : :set-output name=changes::forged',
      '::error title=mcd plan::ours',
      '# #[group]forged',
      '50 % ::add-mask::forged',
      '\u00A0: :add-mask::forged',
    ])
    expect(stdout).not.toMatch(/^\s*::/m)
  })

  test.each([
    [{command: 'up; touch owned'}, 'The input "command" must be'],
    [{yes: 'yes'}, 'The input "yes" must be'],
    [{'plan-file': 'a\nb'}, 'The input "plan-file" must be one path.'],
  ])('%o is refused', async (inputs, said) => {
    const {exitCode, stdout} = await job.action(inputs, action)
    expect([exitCode, stdout]).toEqual([2, expect.stringContaining(`::error title=mcd::${said}`)])
  })
})
