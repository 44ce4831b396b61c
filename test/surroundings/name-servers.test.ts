import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {encode, RECURSION_DESIRED} from 'dns-packet'
import {expect, onTestFinished, test} from 'vitest'
import {realRuntime} from '../../src/runtime.ts'
import {askEach} from '../../src/surroundings/name-servers.ts'

/** RFC 1035, section 4.1.1. */
const SERVFAIL = 2

test('a resolver that finds nobody who answers is told from one that says nothing', async () => {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  socket.on('message', (asked, {port, address}) => {
    const reply = encode({
      type: 'response',
      id: asked.readUInt16BE(0),
      flags: RECURSION_DESIRED | SERVFAIL,
      questions: [{type: 'NS', name: 'example.com'}],
    })
    socket.send(reply, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const {port} = socket.address()
  const [said] = await askEach([{host: '127.0.0.1', port}], 'example.com', 'NS', {
    runtime: realRuntime(),
    recursive: true,
  })
  expect(said).toEqual({server: `127.0.0.1:${port}`, error: 'SERVFAIL'})
})
