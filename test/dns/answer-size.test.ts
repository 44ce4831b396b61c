import {encode} from 'dns-packet'
import {expect, test} from 'vitest'
import {ADDRESS_BYTES, answerBytes, srvBytes} from '../../src/dns/answer-size.ts'

/** The codec writes every owner name whole; authorities point at the question's instead. */
const compressed = (whole: number, name: string, records: number) => whole - records * name.length

test('an answer takes what a codec makes of it, with owner names compressed', () => {
  const name = 'www.example.com'
  const answers = Array.from({length: 30}, (_, i) => ({
    type: 'A' as const,
    name,
    ttl: 60,
    data: `192.0.2.${i}`,
  }))
  const whole = encode({
    type: 'response',
    questions: [{type: 'A', name}],
    answers,
    additionals: [{type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: []} as never],
  }).length
  expect(answerBytes(name, 30, ADDRESS_BYTES.A)).toBe(compressed(whole, name, 30))
})

test('an SRV value carries its whole target', () => {
  const name = 'v1._http._tcp.example.com'
  const data = {priority: 0, weight: 5, port: 80, target: 'i-0abc.www.example.com'}
  const whole = encode({
    type: 'response',
    questions: [{type: 'SRV', name}],
    answers: [{type: 'SRV', name, ttl: 60, data}],
    additionals: [{type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: []} as never],
  }).length
  expect(answerBytes(name, 1, srvBytes(data.target))).toBe(compressed(whole, name, 1))
})
