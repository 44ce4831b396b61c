import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Wire} from '../../../src/sandbox/wire/http.ts'
import {DOWNLOADS_NAME} from './certificates.ts'

/** An archive that userdata fetches, as people publish theirs. */
type Download = {readonly url: string; readonly sha256: string; readonly bytes: Buffer}
export type Downloads = {readonly site: Download; readonly program: Download}

const SITE = `<!doctype html>
<title>A site</title>
<h1>A site from an archive</h1>
<p>Served by INSTANCE_ID.</p>
`

/** Says what it was given: its port, its environment, its user, and whether it may keep something. */
const PROGRAM = `#!/usr/bin/python3
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(os.environ["STATE_DIRECTORY"] + "/seen", "a") as seen:
            seen.write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{sys.argv[1]} {os.environ['GREETING']} root={os.getuid() == 0}\\n".encode())

    def log_message(self, *words):
        pass

http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
`

export function packDownloads(folder: string): Downloads {
  const pack = (name: string, file: string, text: string, mode: number): Download => {
    const content = join(folder, name)
    mkdirSync(content, {recursive: true})
    writeFileSync(join(content, file), text, {mode})
    const archive = join(folder, `${name}.tar.gz`)
    execFileSync('tar', ['-czf', archive, '-C', content, file], {timeout: 10_000})
    const bytes = readFileSync(archive)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return {url: `https://${DOWNLOADS_NAME}/${name}.tar.gz`, sha256, bytes}
  }
  return {
    site: pack('site', 'index.html', SITE, 0o644),
    program: pack('program', 'server', PROGRAM, 0o755),
  }
}

export function downloadsWire(downloads: Downloads): Wire {
  return ({path}) => {
    const found = Object.values(downloads).find(({url}) => new URL(url).pathname === path)
    return found ? {status: 200, body: found.bytes} : {status: 404}
  }
}
