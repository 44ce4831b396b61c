import {basename, resolve} from 'node:path'
import {UsageError} from '../errors.ts'
import {fullName} from '../fleet/file/dns-name.ts'
import {LABEL, LABEL_WORDS, normaliseDomain} from '../fleet/file/values.ts'

const CLOUDS = ['aws', 'joyent'] as const
const DNS_PROVIDERS = ['cloudflare', 'route53'] as const

/** What a fleet file cannot do without, as text: flags and answers look alike. */
export type Answers = {fleet: string; zone: string; name: string; dns: string; cloud: string}
export type CheckedAnswers = {
  fleet: string
  zone: string
  name: string
  dnsProvider: (typeof DNS_PROVIDERS)[number]
  providers: (typeof CLOUDS)[number][]
}

type Question = {
  readonly key: keyof Answers
  readonly text: string
  /** Taken on Enter and by --yes. */
  preset(directory: string): string
  /** Why this is no answer; undefined when it is one. Earlier answers are there already. */
  problem(answer: string, earlier: Partial<Answers>): string | undefined
}

const QUESTIONS: readonly Question[] = [
  {
    key: 'fleet',
    text: 'Name of the fleet',
    preset: directory => {
      const name = basename(resolve(directory)).toLowerCase()
      return LABEL.test(name) ? name : 'web'
    },
    problem: answer => (LABEL.test(answer) ? undefined : `must be ${LABEL_WORDS}`),
  },
  {
    key: 'zone',
    text: 'DNS zone it is reached in',
    // The zone the sandbox serves, so that a first try needs no domain.
    preset: () => 'example.com',
    problem: answer =>
      normaliseDomain(answer)?.includes('.') ? undefined : 'must be a domain name such as "example.com"',
  },
  {
    key: 'name',
    text: 'Name in that zone ("@" for the zone itself)',
    preset: () => 'www',
    problem: (answer, {zone = ''}) => {
      const full = fullName(answer, normaliseDomain(zone) ?? zone)
      return 'message' in full ? `does not fit: ${full.message}` : undefined
    },
  },
  {
    key: 'dns',
    text: `Who serves the zone (${DNS_PROVIDERS.join(' or ')})`,
    preset: () => 'cloudflare',
    problem: answer => (isOneOf(DNS_PROVIDERS, answer) ? undefined : `must be ${DNS_PROVIDERS.join(' or ')}`),
  },
  {
    key: 'cloud',
    text: `Clouds to run in (${CLOUDS.join(',')})`,
    preset: () => CLOUDS.join(','),
    problem: answer =>
      listOf(answer).length > 0 && listOf(answer).every(cloud => isOneOf(CLOUDS, cloud))
        ? undefined
        : `must be ${CLOUDS.join(' or ')}, or both with a comma`,
  },
]

/** How answers come that no flag gave: from a person, from the presets, or not at all. */
export type Ask =
  | {kind: 'person'; question(text: string): Promise<string>}
  | {kind: 'presets'}
  | {kind: 'nobody'}

/** Completes the flags. Throws UsageError with every flag that is wrong, or missing where nobody can be asked. */
export async function completeAnswers(
  flags: Readonly<{[Key in keyof Answers]?: string | undefined}>,
  directory: string,
  ask: Ask,
): Promise<CheckedAnswers> {
  const answers: Partial<Answers> = {}
  const problems: string[] = []
  for (const question of QUESTIONS) {
    const given =
      flags[question.key]?.trim() ?? (ask.kind === 'presets' ? question.preset(directory) : undefined)
    const answer =
      given ??
      (ask.kind === 'person' ? await askUntilRight(question, answers, directory, ask.question) : undefined)
    const problem = answer === undefined ? 'is needed' : question.problem(answer, answers)
    if (problem !== undefined) problems.push(`--${question.key} ${problem}.`)
    if (answer !== undefined) answers[question.key] = answer
  }
  if (problems.length > 0)
    throw new UsageError(problems.join('\n'), {
      suggestions:
        ask.kind === 'nobody'
          ? ['Give these flags, or --yes to begin with presets; on a terminal mcd asks.']
          : [],
    })
  const {fleet, zone, name, dns, cloud} = answers as Answers
  return {
    fleet,
    zone,
    name,
    dnsProvider: dns as CheckedAnswers['dnsProvider'],
    providers: [...new Set(listOf(cloud))] as CheckedAnswers['providers'],
  }
}

async function askUntilRight(
  question: Question,
  earlier: Partial<Answers>,
  directory: string,
  ask: (text: string) => Promise<string>,
): Promise<string> {
  const preset = question.preset(directory)
  let complaint = ''
  for (;;) {
    const answer = (await ask(`${complaint}${question.text} [${preset}]: `)).trim() || preset
    const problem = question.problem(answer, earlier)
    if (problem === undefined) return answer
    complaint = `"${answer}" ${problem}.\n`
  }
}

const isOneOf = (choices: readonly string[], answer: string): boolean => choices.includes(answer)

const listOf = (answer: string): string[] => answer.split(/[\s,]+/).filter(Boolean)
