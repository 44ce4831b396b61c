import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gunzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import type {Fleet, Group} from '../../src/fleet/model.ts'
import {readGuestDocument} from '../../src/sandbox/machines/userdata.ts'
import {Secret} from '../../src/secret.ts'
import {loadRegistration} from '../../src/userdata/registration/files.ts'
import {registrationEndpoint, registrationNames} from '../../src/userdata/registration/names.ts'
import {renderUserdata, userdataSpec} from '../../src/userdata/render.ts'
import {loadTemplate, type Template} from '../../src/userdata/template.ts'
import {has} from '../support/programs.ts'
import {AWS, cloudflareName, groupIn, TOKEN, TRITON, webFleet} from '../support/userdata-fleet.ts'

const EC2 = {userdataMaxBytes: 16_384, userdataGzip: true}
const CLOUDAPI = {userdataMaxBytes: 90_000, userdataGzip: false}
const nginx = loadTemplate('nginx', '/fleets/web')
const registration = loadRegistration()
const CLOUDFLARE = registration.script({vendors: ['cloudflare'], discovery: false})
const ROUTE53 = registration.script({vendors: ['route53'], discovery: true})
const BOTH_WITH_DISCOVERY = registration.script({vendors: ['cloudflare', 'route53'], discovery: true})
const SCRIPTS = [CLOUDFLARE, ROUTE53, BOTH_WITH_DISCOVERY]
const endpointOf = ({vendor}: {vendor: 'cloudflare' | 'route53'}) =>
  registrationEndpoint(vendor, '0123456789abcdef0123456789abcdef')

function render({
  fleet = webFleet(),
  group = groupIn(AWS),
  template = nginx,
  capabilities = EC2,
}: {
  fleet?: Fleet
  group?: Group
  template?: Template
  capabilities?: typeof EC2
} = {}) {
  const names = registrationNames(fleet, group, endpointOf)
  return renderUserdata({template, registration, fleet, group, names, capabilities})
}

/** The text between the lines that place a file and the line that ends it. */
const placed = (installer: string | undefined, path: string) =>
  installer?.split(` ${path} <<'MCD_END_OF_FILE'\n`)[1]?.split('MCD_END_OF_FILE\n')[0]

describe('the document', () => {
  test("of the fleet in the product's example fits EC2 when compressed", () => {
    const {rawBytes, sentBytes, compressed} = render()
    expect({compressed, fits: sentBytes <= 11_264, rawOver: rawBytes > 16_384}).toEqual({
      compressed: true,
      fits: true,
      rawOver: true,
    })
  })

  test("holds the user's part and then ours, as a guest reads it", () => {
    for (const group of [groupIn(AWS), groupIn(TRITON, 'east')]) {
      const {bytes} = render({group, capabilities: group.place === AWS ? EC2 : CLOUDAPI})
      const {userParts, registration: ours, servicePort, healthPath} = readGuestDocument(bytes)
      expect(userParts.map(({name, kind}) => `${name}: ${kind}`)).toEqual(['userdata: cloud-config'])
      expect(ours).toMatch(/^#!\/bin\/sh\n/)
      expect({servicePort, healthPath}).toEqual({servicePort: 80, healthPath: '/'})
    }
  })

  test('is the same bytes each time, and says nothing about when', () => {
    const [one, two] = [render(), render()]
    expect(Buffer.compare(one.bytes, two.bytes)).toBe(0)
    expect([...one.bytes.slice(4, 8)]).toEqual([0, 0, 0, 0])
    expect(one.digest('key')).toBe(two.digest('key'))
    expect(one.digest('key')).not.toBe(one.digest('another key'))
  })

  test('carries the same script to every cloud and fleet with names at the same vendor', () => {
    const scripts = [
      render(),
      render({group: groupIn(TRITON, 'east'), capabilities: CLOUDAPI}),
      render({fleet: webFleet({name: 'other', names: [{...cloudflareName, name: 'api.example.com'}]})}),
    ].map(({bytes}) => placed(readGuestDocument(bytes).registration, '/usr/local/lib/mcd/mcd-registration'))
    expect(new Set(scripts)).toEqual(new Set([CLOUDFLARE]))
  })

  test('carries what DNS-SD needs only where a name asks for it, and fits EC2 then too', () => {
    const discovery = {service: '_http._tcp', instance: 'Version 1.0', txt: ['path=/']}
    const fleet = webFleet({names: [cloudflareName, {...cloudflareName, vendor: 'route53', discovery}]})
    const {bytes, sentBytes} = render({fleet, group: {...groupIn(AWS), priority: 10, weight: 5}})
    const {registration: ours} = readGuestDocument(bytes)
    expect(placed(ours, '/usr/local/lib/mcd/mcd-registration')).toBe(BOTH_WITH_DISCOVERY)
    const settings = placed(ours, '/etc/mcd/registration.conf')
    expect(settings).toContain("MCD_2_SERVICE='version\\0401\\0560._http._tcp.example.com'")
    expect(settings).toContain("MCD_2_SRV='10 5 80'")
    expect(settings).not.toContain('MCD_1_SERVICE')
    expect(sentBytes).toBeLessThanOrEqual(15_360)
  })

  test('goes uncompressed where that fits', () => {
    const {bytes, compressed, sentBytes, rawBytes} = render({
      capabilities: {...EC2, userdataMaxBytes: 65_536},
    })
    expect(compressed).toBe(false)
    expect(sentBytes).toBe(rawBytes)
    expect(Buffer.from(bytes).toString()).toMatch(/^Content-Type: multipart\/mixed/)
  })

  test('that does not fit is refused with its sizes and the limit', () => {
    expect(() => render({capabilities: {userdataMaxBytes: 4_096, userdataGzip: true}})).toThrow(
      /^groups\.virginia: userdata from template "nginx" is \d+ bytes compressed \(\d+ before\); EC2 takes 4096\.$/,
    )
    expect(() =>
      render({group: groupIn(TRITON, 'east'), capabilities: {userdataMaxBytes: 4_096, userdataGzip: false}}),
    ).toThrow(/^groups\.east: .* is \d+ bytes; this cloud takes 4096\.$/)
  })

  test('shows no secret, and the rest as it is sent', () => {
    const fleet = webFleet({
      userdata: {template: 'nginx', vars: {title: new Secret('title of nobody', 'env:TITLE')}},
    })
    const {masked, bytes} = render({fleet})
    const sent = gunzipSync(bytes).toString()
    expect(sent).toContain(TOKEN)
    expect(sent).toContain('title of nobody')
    expect(masked).not.toMatch(/nobody/)
    expect(masked.replace(/mcd-[0-9a-f]{32}/g, '')).toBe(
      sent
        .replace(/mcd-[0-9a-f]{32}/g, '')
        .replaceAll(TOKEN, '***')
        .replaceAll('title of nobody', '***'),
    )
  })

  test('has no registration part and no DNS credential when mcd registers', () => {
    const fleet = webFleet({names: [{...cloudflareName, registration: 'mcd'}]})
    const {bytes, masked} = render({fleet})
    expect(readGuestDocument(bytes).registration).toBeUndefined()
    expect(readGuestDocument(bytes).servicePort).toBe(80)
    expect(Buffer.from(bytes).toString()).not.toContain(TOKEN)
    expect(masked).not.toContain('MCD_')
  })

  test.skipIf(!has('python3'))(
    "is read by Python's email package, as cloud-init does (needs python3)",
    () => {
      const text = '#!/bin/sh\n# Grüße, 🦫\n--mcd-\necho  done \n'
      const {bytes} = render({
        template: {name: 'mine', kind: 'shell', text, partials: {}},
        capabilities: {...EC2, userdataMaxBytes: 65_536},
      })
      const program = `
import email, json, sys
message = email.message_from_string(sys.stdin.buffer.read().decode())
parts = [part for part in message.walk() if not part.is_multipart()]
print(json.dumps([[part.get_content_type(), part.get_filename(), part.get_payload(decode=True).decode()] for part in parts]))`
      const {stdout} = spawnSync('python3', ['-c', program], {input: bytes, encoding: 'utf8'})
      const parts = JSON.parse(stdout)
      expect(parts[0]).toEqual(['text/x-shellscript', 'userdata', text])
      expect(parts[1].slice(0, 2)).toEqual(['text/x-shellscript', 'mcd-registration'])
    },
  )
})

describe('the configuration of the registration script', () => {
  const configurationOf = (fleet: Fleet, group = groupIn(AWS)) =>
    placed(readGuestDocument(render({fleet, group}).bytes).registration, '/etc/mcd/registration.conf') ?? ''

  test('names the exact endpoint and holds what the fleet file says', () => {
    const keys = {
      kind: 'keys',
      accessKeyId: new Secret("AKIA'EXAMPLE", 'env:ID'),
      secretAccessKey: new Secret('$(secret)', 'env:KEY'),
    } as const
    const fleet = webFleet({
      names: [
        cloudflareName,
        {
          ...cloudflareName,
          vendor: 'route53',
          name: 'example.com',
          address: 'private',
          instanceCredentials: keys,
        },
      ],
    })
    const read = spawnSync('sh', ['-c', 'eval "$1"; set | grep ^MCD_', 'sh', configurationOf(fleet)], {
      encoding: 'utf8',
      env: {PATH: process.env.PATH ?? ''},
    })
    expect(read.stderr).toBe('')
    expect(read.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        "MCD_FLEET='web'",
        "MCD_HEALTH_INTERVAL_TENTHS='50'",
        "MCD_1_ENDPOINT='https://api.cloudflare.com/client/v4/zones/0123456789abcdef0123456789abcdef/dns_records'",
        "MCD_2_ENDPOINT='https://route53.amazonaws.com/2013-04-01/hostedzone/0123456789abcdef0123456789abcdef'",
        "MCD_2_KEY_SECRET='$(secret)'",
      ]),
    )
  })

  test('relies on the instance role where a Route53 name has no keys of its own', () => {
    const {instanceCredentials: _none, ...bare} = cloudflareName
    const fleet = webFleet({names: [{...bare, vendor: 'route53'}]})
    expect(configurationOf(fleet, groupIn(AWS, 'virginia', {instanceProfile: 'dns'}))).toContain(
      "MCD_1_CREDENTIALS='role'",
    )
  })

  test('is refused where the instances have no credentials of their own, naming both ways out', () => {
    const {instanceCredentials: _none, ...bare} = cloudflareName
    const act = () => registrationNames(webFleet({names: [bare]}), groupIn(AWS), endpointOf)
    expect(act).toThrow(
      'groups.virginia: its instances have no credentials of their own to register www.example.com on cloudflare.',
    )
    expect(act).toThrow(
      expect.objectContaining({
        suggestions: [expect.stringMatching(/instanceCredentials.*registration: mcd/)],
      }),
    )
  })

  test('refuses a credential with a line break in it without showing it', () => {
    const token = new Secret('secret\n', 'env:WEB_DNS_TOKEN')
    const act = () =>
      render({fleet: webFleet({names: [{...cloudflareName, instanceCredentials: {kind: 'token', token}}]})})
    expect(act).toThrow('The DNS credential from env:WEB_DNS_TOKEN holds a line break')
  })
})

describe('the launch spec', () => {
  const specOf = (fleet: Fleet) => userdataSpec(nginx, fleet, groupIn(AWS))
  const vars = (title: string | Secret) => webFleet({userdata: {template: 'nginx', vars: {title}}})

  test('changes with what an instance is told, not with who registers or what a secret is', () => {
    expect(specOf(vars('a'))).not.toEqual(specOf(vars('b')))
    expect(specOf(webFleet({names: []}))).toEqual(specOf(webFleet()))
    expect(specOf(vars(new Secret('old', 'env:T')))).toEqual(specOf(vars(new Secret('new', 'env:T'))))
  })
})

describe('templates', () => {
  test('an unknown one is told with the nearest name', () => {
    expect(() => loadTemplate('ngnix', '/fleets/web')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(
          "neither one of mcd's own templates (nginx, program, shell) nor a path",
        ),
        suggestions: ['Did you mean "nginx"?'],
      }),
    )
  })

  test('one of your own is a file or a folder beside the fleet file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcd-own-template-'))
    mkdirSync(join(folder, 'site'))
    writeFileSync(join(folder, 'site', 'userdata.sh'), '#!/bin/sh\n')
    writeFileSync(join(folder, 'boot.yaml'), '#cloud-config\n')
    writeFileSync(join(folder, 'notes.txt'), 'hello\n')
    expect(loadTemplate('./site', folder).kind).toBe('shell')
    expect(loadTemplate('boot.yaml', folder).kind).toBe('cloud-config')
    expect(() => loadTemplate('./notes.txt', folder)).toThrow(/begins with neither "#cloud-config" nor "#!"/)
    expect(() => loadTemplate('./nothing', folder)).toThrow(/there is no .*nothing/)
  })
})

describe('the nginx template', () => {
  const documentOf = (fleet: Fleet) => {
    const [part] = readGuestDocument(render({fleet}).bytes).userParts
    return {text: part?.text ?? '', ...parse(part?.text ?? '')}
  }
  const fileOf = (fleet: Fleet, path: string): string =>
    documentOf(fleet).write_files.find((file: {path: string}) => file.path === path)?.content

  test('serves a page with the title and the place of the instance id, on the port of the service', () => {
    const fleet = webFleet({
      service: {...webFleet().service, port: 8080},
      userdata: {template: 'nginx', vars: {title: '<Tom & "Jerry">', text: 'a\nb'}},
    })
    const page = fileOf(fleet, '/var/www/html/index.html')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).toContain('<title>&lt;Tom &amp; &#34;Jerry&#34;&gt;</title>')
    expect(page).toContain('Served by INSTANCE_ID of group virginia, fleet web.')
    expect(fileOf(fleet, '/etc/nginx/conf.d/site.conf')).toContain('listen 8080;')
  })

  test('answers its health check, wherever that is', () => {
    const health = {...webFleet().service.health, path: '/health"z?full=1'}
    expect(fileOf(webFleet({service: {port: 80, health}}), '/etc/nginx/conf.d/site.conf')).toContain(
      'location = "/health\\"z" {',
    )
  })

  test('serves a page of your own as it is', () => {
    const page = '<h1>{{ not ours }} INSTANCE_ID</h1>\n'
    expect(fileOf(webFleet({userdata: {template: 'nginx', vars: {page}}}), '/var/www/html/index.html')).toBe(
      page,
    )
  })

  test.skipIf(!has('cloud-init'))('is what cloud-init expects (needs cloud-init)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcd-schema-'))
    const file = join(folder, 'user-data')
    writeFileSync(
      file,
      documentOf(webFleet({userdata: {template: 'nginx', vars: {title: 'a: "b"\n🦫'}}})).text,
    )
    const {stdout, stderr, status} = spawnSync('cloud-init', ['schema', '--config-file', file], {
      encoding: 'utf8',
    })
    expect({status, said: stdout + stderr}).toEqual({status: 0, said: expect.stringContaining('Valid')})
  })
})

describe('what is installed', () => {
  const {installer, units} = registration

  test('the script is whole: it begins with its shell and ends with its start', () => {
    for (const script of SCRIPTS) {
      expect(script).toMatch(/^#!\/bin\/sh\n# mcd-registration keeps this instance/)
      expect(script.endsWith('\nmain "$@"\n')).toBe(true)
    }
  })

  test.each([['sh'], ['dash'], ['busybox']].filter(([program]) => has(`${program}`)))(
    '%s can read it',
    program => {
      const shell = program === 'busybox' ? ['busybox', 'sh', '-n'] : [`${program}`, '-n']
      for (const input of SCRIPTS)
        expect(spawnSync(`${shell[0]}`, shell.slice(1), {input, encoding: 'utf8'})).toMatchObject({
          status: 0,
          stderr: '',
        })
    },
  )

  test.skipIf(!has('shellcheck'))('shellcheck has nothing to say (needs shellcheck)', () => {
    const parts = readGuestDocument(render().bytes).registration ?? ''
    const said = (input: string, ...options: string[]) =>
      spawnSync('shellcheck', ['-s', 'sh', '-e', 'SC1090', ...options, '-'], {input, encoding: 'utf8'}).stdout
    for (const input of [BOTH_WITH_DISCOVERY, installer]) expect(said(input)).toBe('')
    // What a vendor that is left out would read is read by nobody (SC2034).
    for (const input of [...SCRIPTS, parts]) expect(said(input, '-e', 'SC2034')).toBe('')
  })

  test.skipIf(!has('systemd-analyze'))('systemd can read the units (needs systemd-analyze)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcd-units-'))
    const files = Object.entries(units).map(([name, text]) => {
      // The programs they start are not on this host.
      writeFileSync(join(folder, name), text.replaceAll('/usr/local/lib/mcd/mcd-registration', '/bin/true'))
      return join(folder, name)
    })
    const {stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {encoding: 'utf8'})
    expect(stderr.split('\n').filter(line => line.includes(folder))).toEqual([])
  })
})
