import type {AddressInfo} from 'node:net'
import {createServer, type Socket} from 'node:net'
import {crc32} from 'node:zlib'

/** What the metadata port tells: a value by its key, and the keys there are. */
export type Metadata = {get(key: string): string | undefined; keys(): readonly string[]}

/**
 * The other end of a SmartOS guest's second serial port, where an emulator connects: version 2 of the metadata protocol.
 * A frame is `V2 LENGTH CRC32 BODY`, its body a request id, a verb and one word of base64.
 * Source: Joyent Metadata Protocol Specification, eng.joyent.com/mdata/protocol.html.
 */
export async function serveMetadataPort(
  metadata: Metadata,
  heard: (request: string) => void,
): Promise<{port: number; close(): void}> {
  const server = createServer(socket => speak(socket, metadata, heard))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {port: (server.address() as AddressInfo).port, close: () => void server.close()}
}

function speak(socket: Socket, metadata: Metadata, heard: (request: string) => void): void {
  let pending = ''
  socket.on('error', () => undefined)
  socket.on('data', bytes => {
    const lines = (pending + bytes.toString('latin1')).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) socket.write(`${answer(line.trim(), metadata, heard)}\n`)
  })
}

function answer(line: string, metadata: Metadata, heard: (request: string) => void): string {
  if (line === 'NEGOTIATE V2') return 'V2_OK'
  const [, length, checksum, body = ''] = /^V2 (\d+) ([0-9a-f]+) (.*)$/.exec(line) ?? []
  if (Number(length) !== body.length || checksum !== checksumOf(body)) return 'invalid command'
  const [id = '', verb, argument = ''] = body.split(' ')
  const key = Buffer.from(argument, 'base64').toString()
  heard(`${verb} ${key}`.trim())
  if (verb === 'KEYS') return frame(`${id} SUCCESS ${encode(metadata.keys().join('\n'))}`)
  const value = verb === 'GET' ? metadata.get(key) : undefined
  return frame(value === undefined ? `${id} NOTFOUND` : `${id} SUCCESS ${encode(value)}`)
}

const frame = (body: string): string => `V2 ${body.length} ${checksumOf(body)} ${body}`
const encode = (text: string): string => Buffer.from(text).toString('base64')
const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')
