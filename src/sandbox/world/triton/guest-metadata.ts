import type {Machine} from './model.ts'

/**
 * What `mdata-get KEY` prints inside an instance; undefined where it exits 1 (key not found). `sdc:` keys come from the
 * platform and are read-only. Source: smartos-live src/vm/lib/metadata/agent.js.
 */
export function guestMetadata(
  machine: Machine,
  datacenter: string,
  accountId: string,
  key: string,
): string | undefined {
  if (!key.startsWith('sdc:')) return machine.metadata[key]
  switch (key.slice('sdc:'.length)) {
    case 'uuid':
      return machine.id
    case 'alias':
      return machine.name
    // The host name is the instance's id until somebody sets another.
    case 'hostname':
      return machine.id
    case 'datacenter_name':
      return datacenter
    case 'owner_uuid':
      return accountId
    case 'server_uuid':
      return machine.computeNode
    case 'image_uuid':
      return machine.image.id
    case 'nics':
      return JSON.stringify(machine.nics.map(nicOf))
    case 'resolvers':
      return JSON.stringify(['192.0.2.53'])
    case 'routes':
      return '[]'
    case 'dns_domain':
      return 'local'
    default:
      return undefined
  }
}

/** `mdata-list`: the customer's keys; `sdc:` keys are not listed. */
export const guestMetadataKeys = (machine: Machine): string[] => Object.keys(machine.metadata).sort()

function nicOf(nic: Machine['nics'][number], index: number) {
  return {
    interface: `net${index}`,
    mac: nic.mac,
    ip: nic.ip,
    ips: [`${nic.ip}/${prefixLength(nic.netmask)}`],
    netmask: nic.netmask,
    gateway: nic.gateway,
    gateways: [nic.gateway],
    primary: nic.primary,
    nic_tag: nic.public || nic.ip.includes(':') ? 'external' : 'sdc_overlay',
    network_uuid: nic.network,
  }
}

/** Of IPv6 networks this world has /64s. */
const prefixLength = (netmask: string) => (netmask.includes(':') ? 64 : prefixLengthIpv4(netmask))

const prefixLengthIpv4 = (netmask: string) =>
  netmask.split('.').reduce((bits, octet) => bits + Number(octet).toString(2).replaceAll('0', '').length, 0)
