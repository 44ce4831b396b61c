import {readFileSync, realpathSync, statSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo, Socket} from 'node:net'
import {extname, join, sep} from 'node:path'
import type {Serving} from './spec.ts'

export type SiteOptions = {
  readonly host: string
  readonly servicePort: number
  /** False where machines share 127.0.0.1: each then serves on a free port at once. */
  readonly ownHost: boolean
  /** The document root, on this host. */
  readonly folder: string
  readonly instanceId: string
  /** Answers 200 even where the template has no such page. */
  readonly healthPath?: string | undefined
  /** Whether it answers every request with an error just now. */
  isFailing(): boolean
  visited(): void
}

export type Site = {readonly serving: Serving; close(): Promise<void>}

/** What a template writes where its boot commands would put the instance's id. */
const ID_TOKEN = 'INSTANCE_ID'

/** Serves the template's pages in the place of the web server it would have installed. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const clients = new Set<Socket>()
  const server = createServer((request, response) => {
    options.visited()
    if (isOfMcd(request)) clients.delete(request.socket)
    answer({...options, connections: clients.size}, request, response)
  })
  server.on('connection', socket => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
  })
  server.keepAliveTimeout = 2_000
  const {host, servicePort, ownHost} = options
  const port = (ownHost && (await tryListen(server, host, servicePort))) || (await listen(server, host, 0))
  return {
    serving: {servicePort, host, port},
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // An answer under way may finish, as a web server that is stopped politely lets it.
        setTimeout(() => server.closeAllConnections(), 500).unref()
      }),
  }
}

/** Undefined where this user may not have the port, or something else has it. */
async function tryListen(server: Server, host: string, port: number): Promise<number | undefined> {
  return listen(server, host, port).catch(() => undefined)
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

type Page = {readonly status: number; readonly type: string; readonly body: string | Buffer}
/** The site as one request meets it: `connections` are those of its clients, mcd's own left out. */
type Visit = SiteOptions & {readonly connections: number}

/** As mcd names itself when it probes or counts. */
const isOfMcd = ({headers}: IncomingMessage): boolean => headers['user-agent']?.startsWith('mcd ') ?? false
const COUNTING = 'mcd connection count'

function answer(options: Visit, request: IncomingMessage, response: ServerResponse): void {
  const {status, type, body} = pageFor(options, request)
  response.writeHead(status, {'content-type': type, 'content-length': Buffer.byteLength(body)})
  response.end(request.method === 'HEAD' ? undefined : body)
}

function pageFor(options: Visit, {method, url = '/', headers}: IncomingMessage): Page {
  if (options.isFailing()) return {status: 503, type: TEXT, body: 'service unavailable\n'}
  if (method !== 'GET' && method !== 'HEAD') return {status: 405, type: TEXT, body: 'method not allowed\n'}
  const path = decodePath(url)
  const found = path === undefined ? undefined : findPage(options, path)
  if (found) return found
  // The counter (`drain.counter`), wherever the fleet file has it: a service of one's own would show it there.
  if (headers['user-agent'] === COUNTING) return {status: 200, type: TEXT, body: `${options.connections}\n`}
  return {status: 404, type: TEXT, body: `no such page on ${options.instanceId}\n`}
}

function findPage({folder, instanceId, healthPath}: SiteOptions, path: string): Page | undefined {
  const file = findFile(folder, path)
  if (file) {
    const type = TYPES[extname(file)] ?? 'application/octet-stream'
    const body = readFileSync(file)
    const isText = type.startsWith('text/')
    return {status: 200, type, body: isText ? body.toString().replaceAll(ID_TOKEN, instanceId) : body}
  }
  if (path !== '/' && path !== healthPath) return undefined
  const body = `<!doctype html>
<title>${instanceId}</title>
<p>Served by ${instanceId}.</p>
`
  return {status: 200, type: HTML, body}
}

const HTML = 'text/html; charset=utf-8'
const TEXT = 'text/plain; charset=utf-8'
const TYPES: Record<string, string> = {
  '.html': HTML,
  '.txt': TEXT,
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** A file of the document root, links followed, and never one outside of it. */
function findFile(folder: string, path: string): string | undefined {
  try {
    const root = realpathSync(folder)
    const named = realpathSync(join(root, path))
    const file = statSync(named).isDirectory() ? realpathSync(join(named, 'index.html')) : named
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/, ''))
  } catch {
    return undefined
  }
}
