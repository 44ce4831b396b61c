import type {Machine, MachineView} from './model.ts'

/** An instance as CloudAPI shows it: without addresses until it is provisioned. Source: lib/machines.js of sdc-cloudapi. */
export function viewMachine(machine: Machine): MachineView {
  const {nics} = machine
  const primary = nics.find(nic => nic.primary) ?? nics[0]
  return {
    id: machine.id,
    name: machine.name,
    type: machine.brand === 'bhyve' || machine.brand === 'kvm' ? 'virtualmachine' : 'smartmachine',
    brand: machine.brand,
    state: machine.state,
    image: machine.image.id,
    ips: nics.map(({ip}) => ip),
    memory: machine.package.memory,
    disk: machine.package.disk,
    metadata: {...machine.metadata},
    tags: {...machine.tags},
    created: iso(machine.createdMs),
    updated: iso(machine.updatedMs),
    networks: nics.map(({network}) => network),
    nics: nics.map(({public: _internal, ...nic}) => nic),
    ...(primary ? {primaryIp: primary.ip} : {}),
    firewall_enabled: machine.firewallEnabled,
    deletion_protection: machine.deletionProtection,
    compute_node: machine.state === 'provisioning' ? null : machine.computeNode,
    package: machine.package.name,
  }
}

export const iso = (ms: number): string => new Date(ms).toISOString()
