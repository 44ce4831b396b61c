import {expect, test} from 'vitest'
import {readXml, type XmlElement} from '../../../src/sandbox/wire/xml-read.ts'

const plain = (element: XmlElement): unknown =>
  element.children.length > 0 ? {[element.name]: element.children.map(plain)} : {[element.name]: element.text}

test('reads elements, text, entities, comments, CDATA and attributes', () => {
  const document = `<?xml version="1.0"?>
    <!-- before --><a x="1" y='2'><b>1 &lt; 2 &amp; &#x41;&#66;</b><!-- in --><c/><d><![CDATA[<raw>]]></d></a>`
  expect(plain(readXml(document))).toEqual({a: [{b: '1 < 2 & AB'}, {c: ''}, {d: '<raw>'}]})
})

test('knows the namespace, with and without prefix', () => {
  expect(readXml('<a xmlns="urn:x"><b/></a>').children[0]).toMatchObject({name: 'b', namespace: 'urn:x'})
  expect(readXml('<p:a xmlns:p="urn:y"/>')).toMatchObject({name: 'a', namespace: 'urn:y'})
})

test.each([
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'DOCTYPE is disallowed'],
  ['an unknown entity', '<a>&nbsp;</a>', 'The entity &nbsp; is not known.'],
  ['a bare ampersand', '<a>Q&A</a>', 'The entity & is not known.'],
  ['a wrong end tag', '<a>\n<b></a>', 'lineNumber: 2; The end tag a has no matching start tag.'],
  ['an open element', '<a><b/>', 'The element a is not closed.'],
  ['two roots', '<a/><b/>', 'There must be one root element only.'],
  ['text after the root', '<a/>x', 'Content is not allowed outside the root element.'],
  ['nothing', '  ', 'There is no root element.'],
  ['an unquoted attribute', '<a x=1/>', 'The markup is not well-formed.'],
  ['an unbound prefix', '<p:a/>', 'The prefix p is not bound.'],
])('refuses %s', (_what, document, message) => {
  expect(() => readXml(document)).toThrow(message)
})
