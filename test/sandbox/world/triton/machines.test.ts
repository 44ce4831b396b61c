import {expect, test} from 'vitest'
import {type Guest, idleHypervisor} from '../../../../src/sandbox/world/hypervisor.ts'
import type {VendorError} from '../../../../src/sandbox/world/vendor-error.ts'
import {tritonStage} from '../../../support/triton-world.ts'

/** A body that the data centre takes, with whatever else. */
function body(stage: ReturnType<typeof tritonStage>, rest: Record<string, unknown> = {}) {
  const {images, packages} = stage.triton.stock
  const image = images.find(({name, type}) => name === 'debian-12' && type === 'zvol')?.id
  return {image, package: packages.find(({name}) => name === 'g1.nano')?.id, name: 'web-1', ...rest}
}

const refusalOf = (call: () => unknown): VendorError => {
  try {
    call()
  } catch (error) {
    return error as VendorError
  }
  return expect.unreachable('it was accepted')
}

test('an instance is provisioning without addresses, then runs with one public and one internal address', async () => {
  const stage = tritonStage()
  const {id, state, ips} = stage.session.machines.create(body(stage))
  expect({state, ips}).toEqual({state: 'provisioning', ips: []})
  await stage.time.advance(2_000)
  const {machine} = stage.session.machines.get(id)
  expect(machine.state).toBe('running')
  expect(machine.primaryIp).toMatch(/^198\.1[89]\./)
  expect(machine.ips[1]).toMatch(/^10\./)
})

test('a new instance is listed only after a while, but can be had by its id at once', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage))
  expect(stage.session.machines.list().machines).toEqual([])
  expect(stage.session.machines.get(id).status).toBe(200)
  await stage.time.advance(300)
  expect(stage.session.machines.list().machines).toHaveLength(1)
})

test('the guest gets its user-data, or the user-script when there is no other', async () => {
  const guests: Guest[] = []
  const stage = tritonStage({hypervisor: {...idleHypervisor(), boot: guest => void guests.push(guest)}})
  const both = {'metadata.cloud-init:user-data': '#cloud-config ä', 'metadata.user-script': '#!/bin/sh'}
  stage.session.machines.create(body(stage, both))
  stage.session.machines.create(body(stage, {name: 'web-2', 'metadata.user-script': '#!/bin/sh'}))
  await stage.time.advance(2_000)
  expect(guests.map(({userdata}) => Buffer.from(userdata).toString())).toEqual([
    '#cloud-config ä',
    '#!/bin/sh',
  ])
})

test('two creates with one name both pass inside the race window, and the second is refused after it', async () => {
  const stage = tritonStage()
  stage.session.machines.create(body(stage))
  await stage.time.advance(999)
  stage.session.machines.create(body(stage))
  await stage.time.advance(1)
  const refusal = refusalOf(() => stage.session.machines.create(body(stage)))
  expect(refusal).toMatchObject({status: 409, code: 'ValidationFailed'})
  expect(refusal.detail).toMatchObject({errors: [{field: 'alias', code: 'Duplicate'}]})
})

test('a deleted instance frees its name at once, answers 410 with its last state, and later 404', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage))
  await stage.time.advance(5_000)
  expect(stage.session.machines.delete(id)).toEqual({status: 204})
  expect(stage.session.machines.delete(id)).toEqual({status: 204})
  await stage.time.advance(200)
  expect(stage.session.machines.get(id)).toMatchObject({status: 410, machine: {id, state: 'deleted'}})
  expect(stage.session.machines.delete(id).status).toBe(410)
  expect(stage.session.machines.list().machines).toEqual([])
  expect(stage.session.machines.list({tombstone: 'true'}).machines).toMatchObject([{id, state: 'deleted'}])
  expect(stage.session.machines.create(body(stage)).name).toBe('web-1')
  await stage.time.advance(6 * 60 * 60 * 1000)
  expect(refusalOf(() => stage.session.machines.get(id))).toMatchObject({
    status: 404,
    code: 'ResourceNotFound',
  })
})

test('deletion protection refuses the deletion until a job has lifted it', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage, {deletion_protection: true}))
  await stage.time.advance(2_000)
  expect(refusalOf(() => stage.session.machines.delete(id))).toMatchObject({
    status: 409,
    code: 'CannotDestroyMachineError',
  })
  stage.session.machines.act(id, {action: 'disable_deletion_protection'})
  expect(refusalOf(() => stage.session.machines.delete(id)).status).toBe(409)
  await stage.time.advance(300)
  expect(stage.session.machines.delete(id)).toEqual({status: 204})
})

test('a guest that does not go down is cut off', async () => {
  const killed: string[] = []
  const stage = tritonStage({
    hypervisor: {...idleHypervisor(), shutdown: () => {}, kill: id => void killed.push(id)},
  })
  const {id} = stage.session.machines.create(body(stage))
  await stage.time.advance(2_000)
  stage.session.machines.act(id, {action: 'stop'})
  await stage.time.advance(1_000)
  expect(stage.session.machines.get(id).machine.state).toBe('stopping')
  await stage.time.advance(20_000)
  expect(killed).toEqual([id])
  expect(stage.session.machines.get(id).machine.state).toBe('stopped')
})

test('a deletion overtakes a stop that is under way', async () => {
  const stage = tritonStage({hypervisor: {...idleHypervisor(), shutdown: () => {}}})
  const {id} = stage.session.machines.create(body(stage))
  await stage.time.advance(2_000)
  stage.session.machines.act(id, {action: 'stop'})
  stage.session.machines.delete(id)
  await stage.time.advance(21_000)
  expect(stage.session.machines.get(id).status).toBe(410)
})

test('a reboot shows in the audit alone', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage))
  await stage.time.advance(2_000)
  stage.session.machines.act(id, {action: 'reboot'})
  await stage.time.advance(100)
  expect(stage.session.machines.get(id).machine.state).toBe('running')
  await stage.time.advance(100)
  expect(stage.session.machines.getAudit(id).map(({action}) => action)).toEqual(['reboot', 'provision'])
})

test('tags and metadata answer with what they will be, and show it when the job is done', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage, {'tag.role': 'web', 'metadata.a': '1'}))
  expect(stage.session.machines.setTags(id, {n: 7}, 'merge')).toEqual({role: 'web', n: 7})
  expect(stage.session.machines.addMetadata(id, {b: true, admin_pw: 'dropped'})).toMatchObject({
    a: '1',
    b: 'true',
  })
  expect(stage.session.machines.getTags(id)).toEqual({role: 'web'})
  await stage.time.advance(300)
  expect(stage.session.machines.getTags(id)).toEqual({role: 'web', n: 7})
  expect(stage.session.machines.getMetadata(id)).not.toHaveProperty('admin_pw')
  stage.session.machines.setTags(id, {only: 'this'}, 'replace')
  await stage.time.advance(300)
  expect(stage.session.machines.getTags(id)).toEqual({only: 'this'})
})

test('no room shows at create, or later as failed, which a plain listing hides', async () => {
  const stage = tritonStage()
  stage.triton.capacity = {machines: 0, shown: 'at-create'}
  expect(refusalOf(() => stage.session.machines.create(body(stage))).code).toBe('InsufficientCapacity')
  stage.triton.capacity = {machines: 0, shown: 'as-failed'}
  const {id, state} = stage.session.machines.create(body(stage))
  expect(state).toBe('provisioning')
  await stage.time.advance(2_000)
  expect(stage.session.machines.get(id)).toMatchObject({status: 200, machine: {state: 'failed'}})
  expect(stage.session.machines.list().machines).toEqual([])
  expect(stage.session.machines.list({tombstone: true}).machines).toHaveLength(1)
  expect(stage.session.machines.getAudit(id)).toMatchObject([{action: 'provision', success: 'no'}])
})

test('a lost server makes its instance offline, and the guest serves on', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage))
  await stage.time.advance(2_000)
  stage.triton.setState(id, 'offline')
  expect(stage.session.machines.get(id).machine).toMatchObject({
    state: 'offline',
    primaryIp: expect.any(String),
  })
})

test('an account has bursts of 30 requests and then 10 a second, without being told how long to wait', async () => {
  const stage = tritonStage()
  for (let call = 0; call < 30; call++) stage.session.listNetworks()
  const refusal = refusalOf(() => stage.session.listNetworks())
  expect(refusal).toMatchObject({status: 429, code: 'TooManyRequestsError', headers: {}})
  await stage.time.advance(100)
  expect(() => stage.session.listNetworks()).not.toThrow()
  expect(refusalOf(() => stage.session.listNetworks()).status).toBe(429)
})

test('what a guest reads of itself through mdata-get', async () => {
  const stage = tritonStage()
  const {id} = stage.session.machines.create(body(stage, {'metadata.mcd_fleet': 'web'}))
  await stage.time.advance(2_000)
  const get = (key: string) => stage.triton.guestMetadata(id, key)
  expect(get('mcd_fleet')).toBe('web')
  expect(get('sdc:uuid')).toBe(id)
  expect(get('sdc:alias')).toBe('web-1')
  expect(get('sdc:datacenter_name')).toBe('sandbox-1')
  expect(JSON.parse(get('sdc:nics') ?? '')).toMatchObject([
    {primary: true, ips: [expect.stringMatching(/\/15$/)]},
    {},
  ])
  expect(get('absent')).toBeUndefined()
  expect(stage.triton.guestMetadataKeys(id)).toEqual(['mcd_fleet', 'root_authorized_keys'])
})

const NO_SUCH = '00000000-0000-4000-8000-000000000000'

test.each<[string, Record<string, unknown>, number, string]>([
  ['no image', {image: undefined}, 409, 'MissingParameter'],
  ['an unknown image', {image: NO_SUCH}, 409, 'InvalidArgument'],
  ['an unknown package', {package: NO_SUCH}, 409, 'InvalidArgument'],
  ['an unknown network', {networks: [NO_SUCH]}, 409, 'InvalidArgument'],
  ['networks by id and by object', {networks: [NO_SUCH, {ipv4_uuid: NO_SUCH}]}, 409, 'InvalidArgument'],
  ['a container brand', {brand: 'lx'}, 409, 'InvalidArgument'],
  ['a brand that clashes with the package', {brand: 'kvm'}, 409, 'InvalidArgument'],
  ['a name with a space', {name: 'web 1'}, 409, 'ValidationFailed'],
  ['a name of 190 letters', {name: 'a'.repeat(190)}, 409, 'ValidationFailed'],
  ['an unknown tag of the cloud', {'tag.triton.nonsense': 'x'}, 409, 'InvalidArgument'],
  ['a tag that is a list', {'tag.a': ['x']}, 409, 'InvalidArgument'],
  ['an affinity rule without operator', {affinity: ['web']}, 409, 'InvalidArgument'],
  ['a body of more than 100,000 bytes', {'metadata.x': '"'.repeat(50_000)}, 413, 'PayloadTooLargeError'],
])('%s is refused', (_what, change, status, code) => {
  const stage = tritonStage()
  expect(refusalOf(() => stage.session.machines.create(body(stage, change)))).toMatchObject({status, code})
  expect(stage.triton.machinesOf()).toEqual([])
})

test('an account without a key cannot provision, one with CNS has shorter names, and a quota is a 403', () => {
  const stage = tritonStage()
  stage.triton.addAccount('keyless')
  const keyless = stage.triton.session('keyless', {name: 'operator'})
  expect(refusalOf(() => keyless.machines.create(body(stage)))).toMatchObject({
    status: 409,
    code: 'KeyRequired',
  })
  stage.triton.account().cnsEnabled = true
  expect(refusalOf(() => stage.session.machines.create(body(stage, {name: 'a'.repeat(64)}))).code).toBe(
    'ValidationFailed',
  )
  stage.triton.account().quota = 0
  const refusal = refusalOf(() => stage.session.machines.create(body(stage)))
  expect(refusal).toMatchObject({status: 403, code: 'NotAuthorized'})
  expect(refusal.message).toMatch(/^Quota exceeded/)
})

test('a container image needs a container package, and runs as what it is', () => {
  const stage = tritonStage()
  const lx = stage.triton.stock.images.find(({type}) => type === 'lx-dataset')?.id
  expect(refusalOf(() => stage.session.machines.create(body(stage, {image: lx}))).code).toBe(
    'InvalidArgument',
  )
  expect(stage.session.machines.create(body(stage, {image: lx, package: 'lx1.small'}))).toMatchObject({
    brand: 'lx',
    type: 'smartmachine',
  })
})

test('the name may carry the new id, and is the short id when there is none', () => {
  const stage = tritonStage()
  const named = stage.session.machines.create(body(stage, {name: 'web-{{shortId}}'}))
  expect(named.name).toBe(`web-${named.id.slice(0, 8)}`)
  const nameless = stage.session.machines.create(body(stage, {name: undefined}))
  expect(nameless.name).toBe(nameless.id.slice(0, 8))
})

test('an instance made on a pool shows a member that no listing has', async () => {
  const stage = tritonStage()
  const pool = stage.session.listNetworks().find(({name}) => name === 'public-pool')
  const {id} = stage.session.machines.create(body(stage, {networks: [pool?.id]}))
  await stage.time.advance(2_000)
  const {networks} = stage.session.machines.get(id).machine
  expect(networks).toHaveLength(1)
  expect(stage.session.listNetworks().map(network => network.id)).not.toContain(networks[0])
})
