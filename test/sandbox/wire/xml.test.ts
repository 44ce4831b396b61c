import {expect, test} from 'vitest'
import {toXml} from '../../../src/sandbox/wire/xml.ts'

test('objects are children in order, arrays repeat their element, undefined is left out', () => {
  const xml = toXml(
    'Reply',
    {a: 1, b: undefined, set: {item: [{id: 'x'}, {id: 'y'}]}, none: {item: []}, ok: true},
    'https://example.com/',
  )
  expect(xml.split('\n')[1]).toBe(
    '<Reply xmlns="https://example.com/"><a>1</a><set><item><id>x</id></item><item><id>y</id></item></set><none/><ok>true</ok></Reply>',
  )
})

test('text cannot break out of its element', () => {
  expect(toXml('v', '</v><x a="1">&\u0000\r')).toContain(
    '<v>&lt;/v&gt;&lt;x a=&quot;1&quot;&gt;&amp;\ufffd&#xD;</v>',
  )
})
