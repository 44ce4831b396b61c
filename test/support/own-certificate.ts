import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** A certificate that nobody else vouches for, as many instances have one (needs openssl). */
export function ownCertificate(): {readonly cert: string; readonly key: string} {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-certificate-'))
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const files = ['-keyout', 'key.pem', '-out', 'own.pem', '-days', '1', '-subj', '/CN=self']
    execFileSync('openssl', ['req', '-x509', ...curve, ...files], {cwd: folder, stdio: 'pipe'})
    const read = (file: string) => readFileSync(join(folder, file), 'utf8')
    return {cert: read('own.pem'), key: read('key.pem')}
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}
