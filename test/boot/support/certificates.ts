import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'

/** Where userdata fetches archives from. */
export const DOWNLOADS_NAME = 'downloads.example.net'
/** The names that instances call. */
export const SERVED_NAMES = ['api.cloudflare.com', 'route53.amazonaws.com', DOWNLOADS_NAME] as const

export type Certificates = {
  /** PEM: goes into the images, beside the authorities the world trusts. */
  readonly authority: string
  readonly key: string
  readonly valid: string
  /** Expired yesterday, which is how every certificate looks where the clock is wrong. */
  readonly expired: string
  /** For an instance that serves HTTPS itself. */
  readonly site: {readonly certificate: string; readonly key: string}
}

/** An authority that lives as long as the test, and what it says of the vendors' names. */
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, {recursive: true})
  const openssl = (...given: string[]) =>
    execFileSync('openssl', given, {cwd: folder, stdio: 'pipe', timeout: 20_000})
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=boot test',
  )
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const ask = (name: string, served: readonly string[]) => {
    const names = `subjectAltName=${served.map(one => `DNS:${one}`).join(',')}`
    const files = ['-keyout', `${name}.key`, '-out', `${name}.csr`]
    openssl('req', ...newKey, ...files, '-subj', `/CN=${name}`, '-addext', names)
    return read(`${name}.key`)
  }
  const sign = (name: string, days: string) => {
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy']
    openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-days', days, '-out', `${name}.pem`)
    return read(`${name}.pem`)
  }
  const key = ask('apis', SERVED_NAMES)
  const siteKey = ask('site', [`*.${SANDBOX.zone}`])
  return {
    authority: read('ca.pem'),
    key,
    valid: sign('apis', '2'),
    expired: sign('apis', '-1'),
    site: {certificate: sign('site', '2'), key: siteKey},
  }
}
