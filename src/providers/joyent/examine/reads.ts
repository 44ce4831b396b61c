import type {ComputeNeeds, Finding} from '../../examine.ts'
import type {ApiImage, ApiMachine, ApiNetwork, ApiPackage} from '../shapes.ts'
import type {Entered} from './access.ts'
import {ask} from './told.ts'

/** What could be read; absent what could not. */
export type Reads = {
  readonly images?: readonly ApiImage[]
  readonly packages?: readonly ApiPackage[]
  readonly networks?: readonly ApiNetwork[]
  /** Of the fleet. */
  readonly machines?: readonly ApiMachine[]
}

/** Whether what mcd reads may be read, by reading it. */
export async function examineReads(
  {client, caller}: Entered,
  {fleet, groups}: ComputeNeeds,
): Promise<{findings: Finding[]; reads: Reads}> {
  const namesNetworks = groups.some(({wish}) => wish.networks.length > 0)
  const [images, packages, machines, rules, networks] = await Promise.all([
    ask('ListImages', caller, client.listImages),
    ask('ListPackages', caller, client.listPackages),
    ask('ListMachines', caller, () => client.listMachines({'tag.mcd_fleet': fleet})),
    ask('ListFirewallRules', caller, client.listRules),
    namesNetworks ? ask('ListNetworks', caller, client.listNetworks) : undefined,
  ])
  return {
    findings: [images, packages, machines, rules, networks].flatMap(asked => asked?.finding ?? []),
    reads: {
      ...(images.value && {images: images.value}),
      ...(packages.value && {packages: packages.value}),
      ...(machines.value && {machines: machines.value}),
      ...(networks?.value && {networks: networks.value}),
    },
  }
}
