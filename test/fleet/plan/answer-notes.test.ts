import {expect, test} from 'vitest'
import {discoveryNames} from '../../../src/fleet/discovery.ts'
import type {DnsName} from '../../../src/fleet/model.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import {desired, dnsName, fleet, group, observed, recorded} from '../../support/fleet-builder.ts'

const DISCOVERY = {service: '_http._tcp', instance: 'v1', txt: []}

function warnings(count: number, name: Partial<DnsName>): string[] {
  const of = fleet([group('virginia', count)], {names: [dnsName(name)]})
  return plan(desired(of), recorded(), observed(), 'run-1')
    .notes.filter(({kind}) => kind === 'warning')
    .map(({text, blocks}) => `${blocks}: ${text}`)
}
const route53 = (routing: DnsName['routing']) => ({vendor: 'route53', routing}) as const

test.each<[string, number, Partial<DnsName>, string[]]>([
  ['eight multivalue answers are all there are', 8, route53('multivalue'), []],
  [
    'of more, eight are shown at random',
    9,
    route53('multivalue'),
    ['9 A records, and Route53 answers with 8'],
  ],
  ['a simple set shows all', 9, route53('simple'), []],
  ['of weighted ones, one is shown', 90, route53('weighted'), []],
  ['29 addresses fit into 512 bytes', 29, {}, []],
  ['one more does not', 30, {}, ['with 30 A records takes 524 bytes, more than the 512']],
  ['75 do not fit into 1232', 75, route53('simple'), ['takes 1244 bytes, more than the 1232']],
  ['a proxied name answers with others', 90, {proxied: true}, []],
  [
    'SRV values take more',
    9,
    {...route53('simple'), discovery: DISCOVERY},
    [`${discoveryNames('example.com', DISCOVERY).instance} with 9 SRV records takes`],
  ],
])('%s', (_rule, count, name, expected) => {
  expect(warnings(count, name)).toEqual(expected.map(text => expect.stringContaining(text)))
  expect(warnings(count, name).filter(text => !text.startsWith('false'))).toEqual([])
})
