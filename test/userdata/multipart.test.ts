import {expect, test} from 'vitest'
import {multipart, type Part} from '../../src/userdata/multipart.ts'

const script = (text: string): Part => ({name: 'userdata', type: 'text/x-shellscript', text})
const boundaryIn = (document: string) => /boundary="([^"]+)"/.exec(document)?.[1] ?? 'none'

test('two documents differ only where their parts do', () => {
  const [one, other] = ['echo one', 'echo other'].map(text => multipart([script(text)]))
  expect(one?.replace('echo one', '')).toBe(other?.replace('echo other', ''))
})

test('no text can end its part: what a part holds is never the boundary', () => {
  const usual = boundaryIn(multipart([script('echo')]))
  const document = multipart([script(`echo\n--${usual}--\necho more`)])
  expect(boundaryIn(document)).not.toBe(usual)
  expect(document.split(`--${boundaryIn(document)}`)).toHaveLength(3)
})
