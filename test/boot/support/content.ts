import type {Supplies} from './data-center.ts'
import type {Form} from './fleet-file.ts'

/** What an instance serves: a template's name, its vars, and what people see then. */
export type Content = {
  readonly template: string
  readonly vars: Readonly<Record<string, string>>
  /** The variables that these vars take from the environment. */
  readonly env: Readonly<Record<string, string>>
  /** Stands on disks for root alone, and in no log. */
  readonly secrets: readonly string[]
  readonly shows: (instance: string) => readonly string[]
  /** PEM of the authority that vouches for it on port 443. */
  readonly authority?: string
}

export type ContentName = 'title' | 'page' | 'site' | 'certificate' | 'program' | 'text'

/** Whatever runs of it leaves a file `canary` at the root. */
const NASTY = `It's <booted> & "quoted" $(touch /canary) \`touch /canary\``

export function contentOf(name: ContentName, form: Form, {downloads, certificates}: Supplies): Content {
  const plain = {env: {}, secrets: []}
  const nginx = {...plain, template: form === 'shell' ? 'nginx/userdata.sh' : 'nginx'}
  switch (name) {
    case 'title':
      return {...nginx, vars: {title: NASTY}, shows: id => [NASTY_AS_HTML, `Served by ${id}`]}
    case 'page':
      return {
        ...nginx,
        vars: {page: `<!doctype html>\n<pre>${NASTY}</pre>\n<p>INSTANCE_ID</p>\n`},
        shows: id => [`<pre>${NASTY}</pre>`, `<p>${id}</p>`],
      }
    case 'site': {
      const {url, sha256} = downloads.site
      return {
        ...nginx,
        vars: {site: url, sha256},
        shows: id => ['A site from an archive', `Served by ${id}.`],
      }
    }
    case 'certificate': {
      const {certificate, key} = certificates.site
      return {
        ...nginx,
        vars: {title: NASTY, certificate, key: '${env:BOOT_SITE_KEY}'},
        env: {BOOT_SITE_KEY: key},
        // However the lines of it are written, none of them may stand anywhere.
        secrets: [key.split('\n')[1] ?? key],
        shows: id => [NASTY_AS_HTML, `Served by ${id}`],
        authority: certificates.authority,
      }
    }
    case 'program': {
      const {url, sha256} = downloads.program
      return {
        ...plain,
        template: 'program',
        vars: {archive: url, sha256, command: 'exec ./server "$0"', environment: '${env:BOOT_ENVIRONMENT}'},
        env: {BOOT_ENVIRONMENT: `GREETING=${GREETING}\n`},
        secrets: [GREETING],
        shows: () => [`/etc/program/start ${GREETING} root=False`],
      }
    }
    case 'text':
      return {...plain, template: 'shell', vars: {text: NASTY}, shows: () => [NASTY]}
  }
}

const NASTY_AS_HTML = '<h1>It&#39;s &lt;booted&gt; &amp; &#34;quoted&#34; $(touch /canary)'
const GREETING = 'said-by-the-environment'
