import {describe, expect, test} from 'vitest'
import {checkService} from '../../../src/dns/sd/check.ts'
import {dnsTable, SOUND} from '../../support/dns-table.ts'

const SERVICE = '_http._tcp.example.com'
const V1 = `v1.${SERVICE}`
const without = (pattern: RegExp) =>
  SOUND.split('\n')
    .filter(line => !pattern.test(line))
    .join('\n')
const kinds = async (records: string, name = SERVICE, bytes = {}) =>
  (await checkService(dnsTable(records, bytes), name)).findings.map(({kind, name}) => `${kind} ${name}`)

describe('check', () => {
  test('finds nothing in a sound service, and nothing in its instance', async () => {
    expect([await kinds(SOUND), await kinds(SOUND, V1), await kinds(SOUND, `${V1}.`.toUpperCase())]).toEqual([
      [],
      [],
      [],
    ])
  })

  test.each([
    [
      'the list of services lacks it',
      without(/^_services/),
      ['service-not-listed _services._dns-sd._udp.example.com'],
    ],
    ['nothing points to an instance', without(/^_http/), [`no-instance ${SERVICE}`]],
    ['a PTR has no SRV', without(/ SRV /), [`no-srv ${V1}`]],
    ['there is no TXT', without(/ TXT /), [`no-txt ${V1}`]],
    ['there are two TXT records', `${SOUND}${V1} TXT a=1`, [`several-txt ${V1}`]],
    ['a TXT string has no key', SOUND.replace('path=/', 'path=/ | =1'), [`txt-form ${V1}`]],
    ['a target has no address', without(/^i-1/), ['no-address i-1.www.example.com']],
    [
      'a target is an alias',
      `${without(/^i-1/)}\ni-1.www.example.com CNAME x.example.com\ni-1.www.example.com A 192.0.2.1`,
      ['alias i-1.www.example.com'],
    ],
    ['a target stands twice', `${SOUND}${V1} SRV 5 1 80 i-1.www.example.com`, [`duplicate-target ${V1}`]],
    ['the port is none', SOUND.replace('1 80 i-1', '1 0 i-1'), [`no-port ${V1}`]],
    [
      'it is decidedly not available',
      `${without(/ SRV /)}${V1} SRV 0 0 0 .`,
      [`not-available ${V1}`, `no-port ${V1}`],
    ],
    ['a dot was not escaped', `${SOUND}${SERVICE} PTR v1.0.${SERVICE}`, [`not-an-instance ${SERVICE}`]],
    ['a PTR leads elsewhere', `${SOUND}${SERVICE} PTR www.example.com`, [`not-an-instance ${SERVICE}`]],
  ])('says when %s', async (_rule, records, findings) => {
    expect(await kinds(records)).toEqual(findings)
  })

  test('warns of what looks like a secret, and shows it not', async () => {
    const {findings} = await checkService(dnsTable(SOUND.replace('path=/', 'token=hunter2')), V1)
    expect(findings).toMatchObject([{kind: 'txt-advice', name: V1, warning: true}])
    expect(JSON.stringify(findings)).not.toContain('hunter2')
  })

  test('tells a dot that was not escaped from a name that is another', async () => {
    const causes = async (target: string) =>
      (await checkService(dnsTable(`${SOUND}${SERVICE} PTR ${target}`), SERVICE)).findings.map(f => f.cause)
    expect(await causes(`v1.0.${SERVICE}`)).toEqual([expect.stringContaining('was not escaped')])
    expect(await causes('www.example.com')).toEqual([expect.stringContaining('another name')])
    expect(await causes(String.raw`v1\.0.${SERVICE}`)).not.toContainEqual(
      expect.stringContaining('was not escaped'),
    )
  })

  test('says when an instance can be used and not found', async () => {
    expect(await kinds(SOUND.replace(`PTR ${V1}`, `PTR v2.${SERVICE}`), V1)).toEqual([
      `instance-not-listed ${SERVICE}`,
    ])
  })

  test.each([
    [512, []],
    [513, [{kind: 'large-answer', warning: true}]],
    [1_233, [{kind: 'large-answer', name: V1}]],
  ])('judges an answer of %i bytes', async (size, findings) => {
    const checked = await checkService(dnsTable(SOUND, {[`SRV ${V1}`]: size}), SERVICE)
    expect(checked.findings).toMatchObject(findings)
    expect(checked.findings.filter(({warning}) => warning)).toHaveLength(size === 513 ? 1 : 0)
  })
})
