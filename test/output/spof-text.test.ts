import {expect, test} from 'vitest'
import type {Component} from '../../src/doctor/spof/component.ts'
import {spofText} from '../../src/output/spof-text.ts'

test('what there is more than one of stays a table on a narrow terminal', () => {
  const components: Component[] = [
    {component: 'instance', copies: ['virginia 1', 'east 1']},
    {component: 'account', copies: ['AWS: 000000000000', 'Triton at api.mnx.io: sandbox (007a33cb)']},
  ]
  const text = (columns?: number) => spofText({fleet: 'web', dns: 'www.example.com', components}, columns)
  expect(text(50)).toContain(`
MORE THAN ONE
instance       2  virginia 1, east 1
account        2  AWS: 000000000000, Triton at
                  api.mnx.io: sandbox (007a33cb)
`)
  expect(text()).toContain(
    '\naccount        2  AWS: 000000000000, Triton at api.mnx.io: sandbox (007a33cb)\n',
  )
})
