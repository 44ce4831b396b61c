import {createPublicKey, type KeyObject, sign} from 'node:crypto'
import {chmodSync} from 'node:fs'
import {createServer, type Socket} from 'node:net'

/**
 * An ssh agent that holds one RSA key: how the real `triton` CLI finds the sandbox's key without anything being written
 * to ~/.ssh. It lists the key and signs with it; every other request is refused. Only its owner may open the socket.
 * Source: draft-ietf-sshm-ssh-agent, RFC 4251 (encodings), RFC 4253 (key), RFC 8332 (rsa-sha2).
 */
export async function serveSshAgent(
  privateKey: KeyObject,
  {comment, path}: {comment: string; path: string},
): Promise<{close(): Promise<void>}> {
  const clients = new Set<Socket>()
  const answer = answersFor(privateKey, comment)
  const server = createServer(socket => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    socket.on('error', () => socket.destroy())
    onFrames(socket, frame => socket.write(sshString(answer(frame))))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const client of clients) client.destroy()
      }),
  }
}

function answersFor(privateKey: KeyObject, comment: string): (frame: Buffer) => Buffer {
  const blob = publicKeyBlob(privateKey)
  const identities = Buffer.concat([
    Buffer.of(SSH_AGENT_IDENTITIES_ANSWER),
    uint32(1),
    sshString(blob),
    sshString(comment),
  ])
  const signed = (request: Buffer): Buffer => {
    const [key, afterKey] = readString(request)
    const [data, flags] = readString(afterKey)
    if (!key.equals(blob) || flags.length < 4) return FAILURE
    const [algorithm, digest] = rsaAlgorithm(flags.readUInt32BE(0))
    const signature = Buffer.concat([sshString(algorithm), sshString(sign(digest, data, privateKey))])
    return Buffer.concat([Buffer.of(SSH_AGENT_SIGN_RESPONSE), sshString(signature)])
  }
  return frame => {
    switch (frame[0]) {
      case SSH_AGENTC_REQUEST_IDENTITIES:
        return identities
      case SSH_AGENTC_SIGN_REQUEST:
        return signed(frame.subarray(1))
      default:
        return FAILURE
    }
  }
}

const SSH_AGENTC_REQUEST_IDENTITIES = 11
const SSH_AGENT_IDENTITIES_ANSWER = 12
const SSH_AGENTC_SIGN_REQUEST = 13
const SSH_AGENT_SIGN_RESPONSE = 14
const FAILURE = Buffer.of(5)
const MAX_FRAME_BYTES = 256 * 1024

function rsaAlgorithm(flags: number): [name: string, digest: string] {
  if (flags & 4) return ['rsa-sha2-512', 'sha512']
  if (flags & 2) return ['rsa-sha2-256', 'sha256']
  return ['ssh-rsa', 'sha1']
}

function publicKeyBlob(privateKey: KeyObject): Buffer {
  const {kty, n, e} = createPublicKey(privateKey).export({format: 'jwk'})
  if (kty !== 'RSA' || !n || !e) throw new TypeError('The agent signs with RSA keys only.')
  return Buffer.concat([sshString('ssh-rsa'), mpint(e), mpint(n)])
}

/** RFC 4251 mpint: a leading zero byte keeps a number with its top bit set positive. */
function mpint(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url')
  return sshString((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

/** Calls back with each whole frame; a client that sends nonsense is cut off. */
function onFrames(socket: Socket, onFrame: (frame: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4) {
      const length = pending.readUInt32BE(0)
      if (length === 0 || length > MAX_FRAME_BYTES) return void socket.destroy()
      if (pending.length < 4 + length) return
      onFrame(pending.subarray(4, 4 + length))
      pending = pending.subarray(4 + length)
    }
  })
}

function readString(buffer: Buffer): [value: Buffer, rest: Buffer] {
  const length = buffer.length >= 4 ? buffer.readUInt32BE(0) : 0
  return [buffer.subarray(4, 4 + length), buffer.subarray(4 + length)]
}

function sshString(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([uint32(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
