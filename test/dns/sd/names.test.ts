import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {canonical, formatName, parseName} from '../../../src/dns/presentation.ts'
import {browseName, instanceName, instanceProblem, readServiceName} from '../../../src/dns/sd/names.ts'

describe('an instance becomes one label', () => {
  test.each([
    ['v1', 'v1'],
    ['Version 1.0', String.raw`Version\0321\.0`],
    [String.raw`back\slash`, String.raw`back\\slash`],
    ['Über "uns"; ok', String.raw`Über\032"uns";\032ok`],
    ['.', String.raw`\.`],
  ])('%s is written %s', (instance, label) => {
    const name = instanceName(instance, '_http._tcp', 'example.com')
    expect(name).toBe(`${label}._http._tcp.example.com`)
    expect(readServiceName(name)).toEqual({instance, service: '_http._tcp', domain: 'example.com'})
  })

  test('and comes back from it, whatever it holds', () => {
    const label = fc
      .string({unit: 'binary', minLength: 1, maxLength: 15})
      .filter(text => instanceProblem(text) === undefined && text.isWellFormed())
    fc.assert(
      fc.property(label, instance => {
        const name = instanceName(instance, '_http._tcp', 'example.com')
        expect(parseName(name)).toHaveLength(5)
        expect(readServiceName(name)?.instance).toBe(instance)
      }),
    )
  })

  test.each([
    ['', 'is empty'],
    ['ü'.repeat(32), 'has 64 bytes in UTF-8, and 63 is the most'],
    ['a\tb', 'holds a control character'],
  ])('not %j: it %s', (instance, problem) => {
    expect(instanceProblem(instance)).toBe(problem)
  })
})

describe('a name', () => {
  test('keeps every byte of every label through its written form', () => {
    const labels = fc.array(fc.uint8Array({minLength: 1, maxLength: 40}), {minLength: 1, maxLength: 5})
    fc.assert(
      fc.property(labels, bytes => {
        const name = formatName(bytes.map(label => Buffer.from(label)))
        expect(parseName(name).map(label => [...label])).toEqual(bytes.map(label => [...label]))
      }),
    )
  })

  test('is the same with other escapes, other case and a final dot', () => {
    const written = String.raw`V1\046\195\156._HTTP._tcp.Example.com.`
    expect(canonical(written)).toBe(canonical(String.raw`v1\.Ü._http._tcp.example.com`))
    expect(canonical('É.example')).not.toBe(canonical('é.example'))
  })

  test.each([
    ['a..b', 'it has an empty label'],
    ['.a', 'it has an empty label'],
    [`${'a'.repeat(64)}.b`, 'a label has 64 bytes'],
    [Array(5).fill('a'.repeat(60)).join('.'), 'it has 306 bytes'],
    [String.raw`a\300b`, String.raw`"\300" is no escape`],
    ['a\\', String.raw`"\" is no escape`],
  ])('is not %s: %s', (text, problem) => {
    expect(() => parseName(text)).toThrow(problem)
  })

  test.each([
    ['_http._tcp.example.com', {service: '_http._tcp', domain: 'example.com'}],
    ['v1._Ipp._UDP.a.example', {instance: 'v1', service: '_ipp._udp', domain: 'a.example'}],
    ['www.example.com', undefined],
    ['a.v1._http._tcp.example.com', undefined],
    ['_http._tcp', undefined],
  ])('%s is read as a service, an instance of one, or neither', (name, parts) => {
    expect(readServiceName(name)).toEqual(parts)
  })

  test('of the list of services stands in the domain', () => {
    expect(browseName('example.com')).toBe('_services._dns-sd._udp.example.com')
  })
})
