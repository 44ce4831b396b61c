/** A limit on vCPUs that instances of some families share. */
export type QuotaClass = {readonly code: string; readonly name: string}

type Row = readonly [families: string, name: string, onDemand: string, spot?: string]

/**
 * Families by the letters before a type's generation. Source: EC2 User Guide, "On-Demand Instance quotas" and "Spot Instance
 * quotas", whose links name the codes.
 */
const ROWS: readonly Row[] = [
  ['a c d h i im is m r t z', 'Standard (A, C, D, H, I, M, R, T, Z)', 'L-1216C47A', 'L-34B43A08'],
  ['g gr vt', 'G and VT', 'L-DB2E81BA', 'L-3819A6DF'],
  ['p', 'P', 'L-417A185B'],
  ['x', 'X', 'L-7295265B', 'L-E3A00192'],
  ['f', 'F', 'L-74FC7D96', 'L-88CF9481'],
  ['inf', 'Inf', 'L-1945791B', 'L-B5D1601B'],
  ['trn', 'Trn', 'L-2C3B7624', 'L-6B0D517C'],
  ['dl', 'DL', 'L-6E869C2A', 'L-85EED4F7'],
  ['hpc', 'HPC', 'L-F7808C92'],
  ['u', 'High Memory', 'L-43DA4232'],
]

/** The limit that instances of a type count against; undefined for what has limits of another kind. */
export function quotaClassOf(type: string, {spot}: {spot: boolean}): QuotaClass | undefined {
  const [family = ''] = /^[a-z]+/.exec(type) ?? []
  const row = ROWS.find(([families]) => families.split(' ').includes(family))
  if (!row) return undefined
  const [, name, onDemand, spotCode] = row
  if (!spot) return {code: onDemand, name: `Running On-Demand ${name} instances`}
  return spotCode === undefined ? undefined : {code: spotCode, name: `All ${name} Spot Instance Requests`}
}
