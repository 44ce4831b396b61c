import {execFileSync} from 'node:child_process'
import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer as createHttpsServer} from 'node:https'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TLSSocket} from 'node:tls'
import {afterAll, beforeAll, describe, expect, onTestFinished, test, vi} from 'vitest'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {Secret} from '../../src/secret.ts'
import {loadRegistration} from '../../src/userdata/registration/files.ts'
import type {RegistrationName} from '../../src/userdata/registration/names.ts'
import {builtInTemplates} from '../../src/userdata/template.ts'
import {type DnsVendors, dnsVendors, guest, metadataService, webServer} from '../support/guest.ts'
import {ownCertificate} from '../support/own-certificate.ts'
import {has} from '../support/programs.ts'
import {AWS, groupIn, TRITON} from '../support/userdata-fleet.ts'

const MARK = 'mcd:v1 f=web g=virginia i=i-0abc'
const ENTERED = `A www.example.com 192.0.2.10 60 ${MARK}`
const ENTERED_53 = 'A www.example.com. 192.0.2.10 5 mcd:v1:web:i-0abc'
const HELD = {type: 'TXT', name: '_mcd.www.example.com', content: '"out i-0abc"'}

const SHELLS = [
  {shell: ['dash'], program: 'dash'},
  {shell: ['busybox', 'sh'], program: 'busybox'},
].filter(({program}) => has(program))

describe.skipIf(!has('curl'))('the registration script (needs curl)', () => {
  /** An EC2 instance of group virginia that serves, with one name at CloudFlare unless told otherwise. */
  async function instance(
    choose: (vendors: DnsVendors) => RegistrationName[] = ({cloudflare}) => [cloudflare.name],
    options: Partial<Parameters<typeof guest>[0]> = {},
  ) {
    const vendors = await dnsVendors({pace: 8})
    const service = await webServer()
    const metadata = await metadataService({})
    const machine = await guest({
      names: choose(vendors),
      metadataUrl: metadata.url,
      servicePort: service.port,
      ...options,
    })
    return {...vendors, service, metadata, machine}
  }
  const onRoute53 = ({route53}: DnsVendors) => [route53.name]
  const writes = (seen: {method: string}[]) => seen.filter(({method}) => method !== 'GET')

  describe.each(SHELLS)('in $program', ({shell}) => {
    test('enters the public address with its mark, and leaves again', async () => {
      const {machine, cloudflare} = await instance(undefined, {shell})
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])
      expect(await machine.run('deregister')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([])
    })

    test('enters a signed multivalue record set, and leaves again', async () => {
      const {machine, route53} = await instance(onRoute53, {shell})
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(route53.records()).toEqual([ENTERED_53])
      expect(await machine.run('deregister')).toMatchObject({status: 0})
      expect(route53.records()).toEqual([])
    })

    test('signs for itself where curl is too old to sign a role token', async () => {
      const role = SANDBOX.aws.instanceProfile
      const {machine, route53, world, metadata} = await instance(
        vendors => [{...vendors.route53.name, credentials: {kind: 'role'}}],
        {shell},
      )
      const {accessKeyId, secretAccessKey, sessionToken} = world.ec2.keys.issueRole('i-0abc')
      metadata.tree['iam/security-credentials/'] = role
      metadata.tree[`iam/security-credentials/${role}`] = JSON.stringify(
        {Code: 'Success', AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken},
        undefined,
        2,
      )
      const curl = execFileSync('which', ['curl'], {encoding: 'utf8'}).trim()
      machine.program(
        'curl',
        `case "$*" in --version) echo 'curl 7.81.0 (x86_64-pc-linux-gnu)'; exit ;; esac
tee -a "$MCD_ROOT/curl-configuration" | ${curl} "$@"`,
      )
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(route53.records()).toEqual([ENTERED_53])
      expect(machine.read('curl-configuration')).not.toContain('aws-sigv4')
      expect(route53.seen[0]?.headers.authorization).toContain(
        'SignedHeaders=host;x-amz-date;x-amz-security-token,',
      )
    })
  })

  test('waits until the service answers so many times in a row', async () => {
    const {machine, service, cloudflare} = await instance()
    service.tamper = () => ({status: service.seen.length === 2 ? 200 : 503})
    const registering = machine.start('register')
    await vi.waitFor(() => expect(service.seen.length).toBeGreaterThan(4), {timeout: 20_000})
    expect(cloudflare.seen).toEqual([])
    service.tamper = () => undefined
    expect(await registering.ended).toMatchObject({status: 0})
    expect(cloudflare.records()).toEqual([ENTERED])
    expect(service.seen[0]).toMatchObject({path: '/health', headers: {host: 'www.example.com'}})
  })

  describe('where health is no page over HTTP', () => {
    test('a connection that opens is enough, and nothing is sent over it', async () => {
      const received: Buffer[] = []
      const silent = createServer(socket => void socket.on('data', bytes => received.push(bytes)))
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void silent.close())
      const {port: servicePort} = silent.address() as AddressInfo
      const {machine, cloudflare} = await instance(undefined, {protocol: 'tcp', servicePort})
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])
      expect(received).toEqual([])
    })

    test('nobody listens, and it says what it waits for', async () => {
      const {machine, service, cloudflare} = await instance(undefined, {protocol: 'tcp'})
      await service.close()
      const {child, ended} = machine.start('register')
      const waits = `does not answer at tcp://127.0.0.1:${service.port} (0 connections); waiting for it`
      await vi.waitFor(() => expect(machine.log()).toContain(waits), {timeout: 20_000})
      child.kill('SIGTERM')
      await ended
      expect(cloudflare.records()).toEqual([])
    })

    test.skipIf(!has('openssl'))('over TLS any certificate will do (needs openssl)', async () => {
      const {cert, key} = ownCertificate()
      const asked: unknown[] = []
      const site = createHttpsServer({cert, key}, (request, response) => {
        asked.push([(request.socket as TLSSocket).servername, request.url])
        response.end()
      })
      await new Promise<void>(resolve => site.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void site.close())
      const {port: servicePort} = site.address() as AddressInfo
      const {machine, cloudflare} = await instance(undefined, {protocol: 'https', servicePort})
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])
      expect(asked).toContainEqual(['www.example.com', '/health'])
    })
  })

  describe('finds its cloud', () => {
    test('waits out a metadata service that is down at first', async () => {
      const {machine, metadata, cloudflare} = await instance()
      metadata.tamper = () => (metadata.seen.length < 3 ? {status: 503} : undefined)
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])
    })

    test('asks without a token only where the fleet says the cloud is EC2-compatible', async () => {
      const {cloudflare} = await dnsVendors()
      const service = await webServer()
      const {url: metadataUrl, seen} = await metadataService({}, {version1: true})
      const eucalyptus = groupIn({...AWS, compatible: 'eucalyptus'})
      const common = {names: [cloudflare.name], metadataUrl, servicePort: service.port}

      const compatible = await guest({...common, group: eucalyptus})
      expect(await compatible.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])

      seen.splice(0)
      const strict = await guest(common)
      const {child, ended} = strict.start('register')
      await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1), {timeout: 20_000})
      child.kill('SIGTERM')
      await ended
      expect(new Set(seen.map(({method, path}) => `${method} ${path}`))).toEqual(
        new Set(['PUT /latest/api/token']),
      )
    })

    const NICS = JSON.stringify([
      {interface: 'net0', ip: '10.88.0.4', ips: ['10.88.0.4/24'], nic_tag: 'sdc_overlay'},
      {interface: 'net1', ip: '198.51.100.7', ips: ['198.51.100.7/24'], primary: true},
    ])
    const UUID = 'b6c0b2f4-0000-4000-8000-000000000001'
    const onTriton = (address: string) => `A www.example.com ${address} 60 mcd:v1 f=web g=east i=${UUID}`

    test('asks mdata-get on Triton, again when the serial port was busy', async () => {
      const {machine, cloudflare} = await instance(undefined, {
        group: groupIn(TRITON, 'east'),
        metadataUrl: 'http://127.0.0.1:9',
      })
      machine.program(
        'mdata-get',
        `mkdir "$MCD_ROOT/busy" 2>/dev/null && exit 2
case $1 in sdc:uuid) echo ${UUID} ;; sdc:nics) echo '${NICS}' ;; *) exit 1 ;; esac`,
      )
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([onTriton('198.51.100.7')])
    })

    test('finds the public IPv6 address of a Triton instance among several on one interface', async () => {
      const nics = JSON.stringify([
        {
          interface: 'net0',
          ip: '198.51.100.7',
          ips: ['198.51.100.7/24', 'fe80::1/64', '2001:db8::7/64'],
          primary: true,
        },
      ])
      const {machine, cloudflare} = await instance(undefined, {
        group: groupIn(TRITON, 'east'),
        metadataUrl: 'http://127.0.0.1:9',
      })
      machine.program(
        'mdata-get',
        `case $1 in sdc:uuid) echo ${UUID} ;; sdc:nics) echo '${nics}' ;; *) exit 1 ;; esac`,
      )
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([onTriton('198.51.100.7'), `AAA${onTriton('2001:db8::7')}`])
    })

    test("takes cloud-init's word where a Triton image has no metadata tools", async () => {
      const {machine, cloudflare} = await instance(
        ({cloudflare}) => [{...cloudflare.name, address: 'private'}],
        {
          group: groupIn(TRITON, 'east'),
          metadataUrl: 'http://127.0.0.1:9',
        },
      )
      machine.write(
        'run/cloud-init/instance-data.json',
        JSON.stringify(
          {ds: {meta_data: {}}, v1: {cloud_name: 'unknown', platform: 'nocloud', instance_id: UUID}},
          undefined,
          1,
        ),
      )
      machine.program(
        'ip',
        `echo '2: net0    inet 198.51.100.7/24 brd 198.51.100.255 scope global net0\\       valid_lft forever'
echo '3: net1    inet 10.88.0.4/24 scope global net1\\       valid_lft forever'`,
      )
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([onTriton('10.88.0.4')])
    })

    describe('and one that came with a file of its own', () => {
      let folder = ''
      beforeAll(() => {
        folder = mkdtempSync(join(tmpdir(), 'mcd-templates-'))
        cpSync(builtInTemplates(), folder, {recursive: true})
        writeFileSync(
          join(folder, 'registration/script/clouds/nebula.sh'),
          `CLOUDS="$CLOUDS nebula"
nebula_detect() { return 0; }
nebula_instance_id() { VALUE=nebula-7; }
nebula_address() { VALUE=203.0.113.7; }
nebula_start_delay() { VALUE=0; }
`,
        )
      })
      afterAll(() => rmSync(folder, {recursive: true, force: true}))

      test('registers there', async () => {
        const {machine, cloudflare} = await instance(undefined, {
          files: loadRegistration(folder),
          metadataUrl: 'http://127.0.0.1:9',
        })
        expect(await machine.run('register')).toMatchObject({status: 0})
        expect(cloudflare.records()).toEqual([
          'A www.example.com 203.0.113.7 60 mcd:v1 f=web g=virginia i=nebula-7',
        ])
      })
    })
  })

  describe('meets trouble', () => {
    test('goes on after a lost reply: the identical record is its own', async () => {
      const {machine, cloudflare} = await instance()
      let lost = false
      cloudflare.tamper = request => {
        if (request.method !== 'POST' || lost) return undefined
        lost = true
        cloudflare.create(JSON.parse(request.body))
        return {status: 502, body: '<html>bad gateway</html>'}
      }
      expect(await machine.run('register')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])
    })

    test('leaves an identical record alone that is not its own, and fails', async () => {
      const {machine, cloudflare} = await instance()
      const foreign = {type: 'A', name: 'www.example.com', content: '192.0.2.10', comment: 'by hand'}
      cloudflare.create(foreign)
      const {status, output} = await machine.run('register')
      expect(status).toBe(1)
      expect(output).toContain('192.0.2.10 already stands under www.example.com with another mark')
      await machine.run('check')
      await machine.run('deregister')
      expect(cloudflare.records()).toEqual(['A www.example.com 192.0.2.10 60 by hand'])
    })

    test('waits as long as a throttled answer asks', async () => {
      const {machine, cloudflare} = await instance()
      cloudflare.tamper = () =>
        cloudflare.seen.length > 1
          ? undefined
          : {
              status: 429,
              headers: {'retry-after': '2'},
              body: '{"success":false,"errors":[{"code":971,"message":"slow down"}]}',
            }
      const {status, output} = await machine.run('register')
      expect(status).toBe(0)
      expect(output).toMatch(/CloudFlare answered 429 \(971\) to GET: slow down; trying again in [23]\.\d s/)
    })

    test("sends a change again while Route53 is still busy with the zone's last", async () => {
      const {machine, route53, world} = await instance(onRoute53)
      world.route53.rejectNextChanges(route53.zoneId, 1)
      const {status, output} = await machine.run('register')
      expect(status).toBe(0)
      expect(output).toContain('PriorRequestNotComplete')
      expect(route53.records()).toEqual([ENTERED_53])
    })

    test('says at once that its token does not work, and never shows it', async () => {
      const {machine, world, cloudflare} = await instance()
      world.cloudflare.revokeToken(SANDBOX.cloudflare.instancesToken)
      const {status, output} = await machine.run('register')
      expect(status).toBe(1)
      expect(output).toMatch(/www\.example\.com on cloudflare: CloudFlare answered 40\d/)
      expect(output + machine.log()).not.toContain(SANDBOX.cloudflare.instancesToken)
      expect(cloudflare.seen).toHaveLength(1)
    })

    test('tells the time, its own and theirs, when Route53 refuses the signature', async () => {
      const {machine, route53} = await instance(onRoute53)
      route53.tamper = () =>
        route53.seen.length > 1
          ? undefined
          : {
              status: 403,
              headers: {date: 'Sat, 21 Nov 2026 10:00:00 GMT'},
              body: '<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error></ErrorResponse>',
            }
      const {status, output} = await machine.run('register')
      expect(status).toBe(0)
      expect(output).toMatch(/this instance's clock says .* GMT, Route53's Sat, 21 Nov 2026 10:00:00 GMT/)
    })

    test('does not try again with a key that is wrong', async () => {
      const wrong = {
        kind: 'keys',
        accessKeyId: new Secret(SANDBOX.aws.instances.accessKeyId, 'env:WEB_KEY'),
        secretAccessKey: new Secret('not-the-secret', 'env:WEB_SECRET'),
      } as const
      const {machine, route53} = await instance(vendors => [{...vendors.route53.name, credentials: wrong}])
      const {status, output} = await machine.run('register')
      expect(status).toBe(1)
      expect(output).toContain('Route53 answered 403 (SignatureDoesNotMatch) to GET')
      expect(route53.seen).toHaveLength(1)
    })

    test('one vendor that is away does not hold up the other; told to stop meanwhile, it leaves what it entered', async () => {
      const {machine, cloudflare, route53} = await instance(({cloudflare, route53}) => [
        cloudflare.name,
        route53.name,
      ])
      cloudflare.tamper = () => ({status: 503})
      const {child, ended} = machine.start('register')
      await vi.waitFor(() => expect(route53.records()).toEqual([ENTERED_53]), {timeout: 20_000})
      child.kill('SIGTERM')
      expect((await ended).status).toBe(143)
      expect(route53.records()).toEqual([])
    })
  })

  describe('held out by mcd (decision 18)', () => {
    /** Three periods of the timer, a reboot, and another. */
    const goOn = async ({run, reboot}: Awaited<ReturnType<typeof instance>>['machine']) => {
      for (let period = 1; period <= 3; period++) await run('check', '--at-most-every', '5')
      reboot()
      await run('register')
      await run('check')
    }

    /** For whoever leaves or is ill, and for whom somebody has drained. */
    const words = ['', ' drained']

    test.each(words)(
      'enters nothing at CloudFlare while the hold%s stands, and again when it is gone',
      async word => {
        const {machine, cloudflare} = await instance()
        const hold = cloudflare.create({...HELD, content: `"out i-0abc${word}"`})
        cloudflare.create({...HELD, content: `"out i-0abcdef${word}"`})
        expect((await machine.run('register')).output).toContain('mcd holds this instance out')
        await goOn(machine)
        expect(writes(cloudflare.seen)).toEqual([])
        cloudflare.remove(hold)
        await machine.run('check')
        expect(cloudflare.records()).toContain(ENTERED)
      },
    )

    test.each(words)(
      'enters nothing at Route53 while the hold%s stands, and again when it is gone',
      async word => {
        const {machine, route53} = await instance(onRoute53)
        const hold = ['_mcd.www.example.com', 'TXT', ['"out i-0zzz"', `"out i-0abc${word}"`]] as const
        route53.change('CREATE', hold[0], hold[1], [...hold[2]])
        await machine.run('register')
        await goOn(machine)
        expect(writes(route53.seen)).toEqual([])
        route53.change('UPSERT', hold[0], hold[1], [`"out i-0abcdef${word}"`])
        await machine.run('check')
        expect(route53.records()).toContain(ENTERED_53)
      },
    )

    test('leaves also what mcd has put back for it, though the timer has not looked since', async () => {
      const {machine, cloudflare} = await instance()
      const hold = cloudflare.create(HELD)
      await machine.run('register')
      cloudflare.remove(hold)
      const byMcd = {type: 'A', name: 'www.example.com', content: '192.0.2.10', ttl: 60, comment: MARK}
      cloudflare.create(byMcd)
      expect(cloudflare.records()).toEqual([ENTERED])
      await machine.run('deregister')
      expect(cloudflare.records()).toEqual([])
    })

    test('enters nothing when it cannot be told whether a hold stands', async () => {
      const {machine, cloudflare} = await instance()
      cloudflare.tamper = ({rawQuery}) =>
        rawQuery.includes('_mcd.')
          ? {status: 403, body: '{"success":false,"errors":[{"code":10000,"message":"no"}]}'}
          : undefined
      expect((await machine.run('register')).status).toBe(1)
      expect(cloudflare.records()).toEqual([])
    })
  })

  describe('leaving', () => {
    test('touches nothing but its own record, and needs no metadata', async () => {
      const {machine, cloudflare, metadata} = await instance()
      const others = [
        {
          type: 'A',
          name: 'www.example.com',
          content: '192.0.2.11',
          comment: 'mcd:v1 f=web g=virginia i=i-0abcd',
        },
        {type: 'A', name: 'www.example.com', content: '192.0.2.12', comment: 'by hand'},
        {type: 'A', name: 'api.example.com', content: '192.0.2.10', comment: MARK},
      ]
      for (const other of others) cloudflare.create(other)
      await machine.run('register')
      expect(cloudflare.records()).toHaveLength(4)
      await metadata.close()
      expect(await machine.run('deregister')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual(
        others.map(({type, name, content, comment}) => `${type} ${name} ${content} 60 ${comment}`),
      )
    })

    test("deletes its Route53 set also after mcd changed the set's TTL, and no other", async () => {
      const {machine, route53} = await instance(onRoute53)
      const multivalue = (id: string) => ({multiValueAnswer: true, setIdentifier: id})
      route53.change('CREATE', 'www.example.com', 'A', ['192.0.2.11'], multivalue('mcd:v1:web:i-0abcd'))
      await machine.run('register')
      route53.change('UPSERT', 'www.example.com', 'A', ['192.0.2.10'], {
        ...multivalue('mcd:v1:web:i-0abc'),
        ttlSeconds: 30,
      })
      expect(await machine.run('deregister')).toMatchObject({status: 0})
      expect(route53.records()).toEqual(['A www.example.com. 192.0.2.11 5 mcd:v1:web:i-0abcd'])
    })

    test('is through when somebody else was first', async () => {
      const {machine, route53} = await instance(onRoute53)
      await machine.run('register')
      route53.change('DELETE', 'www.example.com', 'A', ['192.0.2.10'], {
        multiValueAnswer: true,
        setIdentifier: 'mcd:v1:web:i-0abc',
      })
      expect(await machine.run('deregister')).toMatchObject({status: 0})
    })

    test('an instance made from an image of this one does not take this one out', async () => {
      const {machine, cloudflare, metadata} = await instance()
      await machine.run('register')
      machine.reboot()
      await machine.run('deregister')
      expect(cloudflare.records()).toEqual([ENTERED])
      metadata.tree['instance-id'] = 'i-0clone'
      metadata.tree['public-ipv4'] = '192.0.2.99'
      await machine.run('register')
      await machine.run('deregister')
      expect(cloudflare.records()).toEqual([ENTERED])
    })

    test('nothing enters it again until the next boot', async () => {
      const {machine, cloudflare} = await instance()
      await machine.run('register')
      await machine.run('deregister')
      await machine.run('check')
      expect(cloudflare.records()).toEqual([])
      machine.reboot()
      await machine.run('register')
      expect(cloudflare.records()).toEqual([ENTERED])
    })
  })

  describe('watching for what its cloud announces', () => {
    test.each(['spot/instance-action', 'events/recommendations/rebalance'])(
      'a spot instance leaves at once on %s, and nothing enters it again',
      async notice => {
        const {machine, cloudflare, metadata} = await instance()
        metadata.tree['instance-life-cycle'] = 'spot'
        await machine.run('register')
        const watching = machine.start('watch')
        await vi.waitFor(() => expect(metadata.seen.at(-1)?.path).toMatch(/rebalance$/), {timeout: 20_000})
        expect(cloudflare.records()).toEqual([ENTERED])
        metadata.tree[notice] = '{"action": "terminate", "time": "2026-11-21T10:00:00Z"}'
        const {status, output} = await watching.ended
        expect(status).toBe(0)
        expect(output).toContain(`ec2 announces: ${notice} {"action": "terminate"`)
        await machine.run('check')
        expect(cloudflare.records()).toEqual([])
      },
    )

    test('ends at once where the cloud takes no instance back', async () => {
      const {machine, metadata} = await instance()
      metadata.tree['instance-life-cycle'] = 'on-demand'
      expect(await machine.run('watch')).toEqual({status: 0, output: ''})
      machine.program('mdata-get', `[ "$1" = sdc:uuid ] && echo b6c0b2f4-0000-4000-8000-000000000001`)
      await metadata.close()
      expect(await machine.run('watch')).toEqual({status: 0, output: ''})
    })
  })

  describe('looking after its record', () => {
    test('enters it again when it was lost, once the service answers', async () => {
      const {machine, cloudflare, service} = await instance()
      await machine.run('register')
      for (const id of cloudflare.ids()) cloudflare.remove(id)
      service.tamper = () => ({status: 500})
      await machine.run('check')
      expect(cloudflare.records()).toEqual([])
      service.tamper = () => undefined
      expect(await machine.run('check')).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([ENTERED])
    })

    test.each(['check', 'register'])('%s moves it to a changed public address', async command => {
      const {machine, cloudflare, route53, metadata} = await instance(({cloudflare, route53}) => [
        cloudflare.name,
        route53.name,
      ])
      await machine.run('register')
      metadata.tree['public-ipv4'] = '192.0.2.77'
      expect(await machine.run(command)).toMatchObject({status: 0})
      expect(cloudflare.records()).toEqual([`A www.example.com 192.0.2.77 60 ${MARK}`])
      expect(route53.records()).toEqual(['A www.example.com. 192.0.2.77 5 mcd:v1:web:i-0abc'])
    })

    test('takes out an address it lost while its service does not answer', async () => {
      const {machine, cloudflare, metadata, service} = await instance()
      await machine.run('register')
      metadata.tree['public-ipv4'] = '192.0.2.77'
      service.tamper = () => ({status: 500})
      await machine.run('check')
      expect(cloudflare.records()).toEqual([])
    })

    test('asks the vendor no more often than told, and leaves TTLs to mcd', async () => {
      const {machine, cloudflare} = await instance()
      await machine.run('register')
      const before = cloudflare.seen.length
      expect(await machine.run('check', '--at-most-every', '5')).toMatchObject({status: 0})
      expect(cloudflare.seen).toHaveLength(before)
      await machine.run('check')
      expect(cloudflare.seen).toHaveLength(before + 1)
      expect(cloudflare.seen.at(-1)).toMatchObject({method: 'GET'})
    })

    test('shows what it entered', async () => {
      const {machine} = await instance()
      expect((await machine.run('status')).status).toBe(1)
      await machine.run('register')
      const {status, output} = await machine.run('status')
      expect(status).toBe(0)
      expect(output).toContain('www.example.com on cloudflare: 192.0.2.10, ttl 60')
    })
  })

  test('no secret stands on a command line, in the log or where others may read', async () => {
    const {machine, cloudflare, route53, metadata} = await instance(({cloudflare, route53}) => [
      cloudflare.name,
      route53.name,
    ])
    // What `ps` shows of every process while a request is under way, which is when curl lives.
    const shownByPs: string[] = []
    const lookAtProcesses = () => {
      for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
        try {
          shownByPs.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
        } catch {
          // It has just ended.
        }
      return undefined
    }
    for (const server of [cloudflare, route53, metadata]) server.tamper = lookAtProcesses
    const programs = [
      'awk',
      'cat',
      'curl',
      'cut',
      'date',
      'find',
      'grep',
      'head',
      'od',
      'sed',
      'sha256sum',
      'sleep',
      'tail',
      'tr',
    ]
    for (const name of programs) {
      const real = execFileSync('which', [name], {encoding: 'utf8'}).trim()
      machine.program(name, `printf '%s\\n' "${name} $*" >>"$MCD_ROOT/command-lines"\nexec ${real} "$@"`)
    }
    const run = [await machine.run('register'), await machine.run('check'), await machine.run('deregister')]
    expect(run.map(({status}) => status)).toEqual([0, 0, 0])
    expect(shownByPs.filter(line => line.includes('curl --silent')).length).toBeGreaterThan(5)
    const shown = [
      machine.read('command-lines'),
      machine.log(),
      ...shownByPs,
      ...run.map(({output}) => output),
    ].join('\n')
    expect(machine.read('command-lines')).toContain('curl --silent')
    for (const secret of [
      SANDBOX.cloudflare.instancesToken,
      SANDBOX.aws.instances.secretAccessKey,
      'metadata-token',
    ])
      expect(shown).not.toContain(secret)
    const open = execFileSync('find', [machine.root, '-type', 'f', '-perm', '/077'], {encoding: 'utf8'})
    const readable = open
      .split('\n')
      .filter(file => file !== '' && !file.endsWith('/installer'))
      .filter(file => readFileSync(file, 'utf8').includes(SANDBOX.cloudflare.instancesToken))
    expect(readable).toEqual([])
  })
})
