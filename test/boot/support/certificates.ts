import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

/** The names that instances call. */
export const API_NAMES = ['api.cloudflare.com', 'route53.amazonaws.com'] as const

export type Certificates = {
  /** PEM: goes into the images, beside the authorities the world trusts. */
  readonly authority: string
  readonly key: string
  readonly valid: string
  /** Expired yesterday, which is how every certificate looks where the clock is wrong. */
  readonly expired: string
}

/** An authority that lives as long as the test, and what it says of the vendors' names. */
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, {recursive: true})
  const openssl = (...given: string[]) =>
    execFileSync('openssl', given, {cwd: folder, stdio: 'pipe', timeout: 20_000})
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = `subjectAltName=${API_NAMES.map(name => `DNS:${name}`).join(',')}`
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
  openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'csr.pem', '-subj', '/CN=apis', '-addext', names)
  const sign = (file: string, days: string) => {
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy']
    openssl('x509', '-req', '-in', 'csr.pem', ...by, '-days', days, '-out', file)
    return readFileSync(join(folder, file), 'utf8')
  }
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  return {
    authority: read('ca.pem'),
    key: read('key.pem'),
    valid: sign('valid.pem', '2'),
    expired: sign('expired.pem', '-1'),
  }
}
