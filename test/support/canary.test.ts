import {expect, test} from 'vitest'
import {canariesIn, canary} from './canary.ts'

const bird = canary('Bird', ["'\\ ", ' "'])
const found = (text: string) => canariesIn(Buffer.from(text), [bird]).length > 0

test('a canary is found in whatever a text may have become', () => {
  for (const before of ['', 'x', 'xx', 'xxx']) {
    const text = `${before}${bird.value} and more`
    for (const shape of [
      text,
      JSON.stringify({text}),
      encodeURIComponent(text),
      Buffer.from(text).toString('base64'),
      Buffer.from(text).toString('base64url'),
      Buffer.from(JSON.stringify({text})).toString('base64'),
      Buffer.from(text).toString('hex'),
      Buffer.from(text).toString('hex').toUpperCase(),
    ])
      expect(found(shape), shape).toBe(true)
  }
  expect(found('canary')).toBe(false)
})
