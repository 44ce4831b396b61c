import {PassThrough} from 'node:stream'
import {expect, test} from 'vitest'
import {type Ask, completeAnswers} from '../../src/init/answers.ts'
import {openTerminal} from '../../src/init/terminal.ts'

/** Somebody who answers in this order, and what was asked. */
function person(...answers: string[]): Ask & {asked: string[]} {
  const asked: string[] = []
  return {
    kind: 'person',
    asked,
    question: async text => {
      asked.push(text)
      return answers.shift() ?? ''
    },
  }
}

test('presets make a fleet named after its folder, in the zone the sandbox serves', async () => {
  expect(await completeAnswers({}, '/home/me/Shop', {kind: 'presets'})).toEqual({
    fleet: 'shop',
    zone: 'example.com',
    name: 'www',
    dnsProvider: 'cloudflare',
    providers: ['aws', 'joyent'],
  })
})

test('a folder whose name is no label gives the name web', async () => {
  expect(await completeAnswers({}, '/srv/My Project (2)', {kind: 'presets'})).toMatchObject({fleet: 'web'})
})

test('only what no flag says is asked, with the preset on Enter', async () => {
  const ask = person('', 'joyent')
  const answers = await completeAnswers({fleet: 'api', zone: 'example.net', dns: 'route53'}, '.', ask)
  expect(ask.asked).toEqual([
    'Name in that zone ("@" for the zone itself) [www]: ',
    'Clouds to run in (aws,joyent) [aws,joyent]: ',
  ])
  expect(answers).toEqual({
    fleet: 'api',
    zone: 'example.net',
    name: 'www',
    dnsProvider: 'route53',
    providers: ['joyent'],
  })
})

test('a wrong answer is asked again, with the reason', async () => {
  const ask = person('My Fleet', 'shop')
  const flags = {zone: 'example.com', name: 'www', dns: 'cloudflare', cloud: 'aws'}
  expect(await completeAnswers(flags, '/', ask)).toMatchObject({fleet: 'shop'})
  expect(ask.asked[1]).toMatch(/^"My Fleet" must be a DNS label of at most 24 characters/)
})

test('where nobody can be asked, every missing and wrong flag is named at once', async () => {
  const wrong = completeAnswers(
    {fleet: 'Web', name: 'www.example.org', zone: 'example.com', cloud: 'azure'},
    '.',
    {kind: 'nobody'},
  )
  await expect(wrong).rejects.toMatchObject({
    name: 'UsageError',
    exit: 2,
    message:
      '--fleet must be a DNS label of at most 24 characters: a-z, 0-9 and "-", beginning with a letter.\n' +
      '--name does not fit: www.example.org is not inside the zone example.com.\n' +
      '--dns is needed.\n--cloud must be aws or joyent, or both with a comma.',
    suggestions: ['Give these flags, or --yes to begin with presets; on a terminal mcd asks.'],
  })
})

test('a terminal that closes ends the questions instead of the process', async () => {
  const input = new PassThrough()
  const terminal = openTerminal(input, new PassThrough())
  const first = terminal.question('fleet? ')
  input.write('shop\nexample.net\n')
  expect(await first).toBe('shop')
  // Typed ahead.
  expect(await terminal.question('zone? ')).toBe('example.net')
  const second = terminal.question('name? ')
  input.end()
  await expect(second).rejects.toThrow('Not everything was answered. Nothing was written.')
  await expect(terminal.question('vendor? ')).rejects.toThrow('Not everything was answered.')
})
