/** One kind of thing that a fleet stands on, and how many it has of it. */
export type Component = {
  readonly component:
    | 'instance'
    | 'group'
    | 'cloud'
    | 'account'
    | 'region'
    | 'availability zone'
    | 'DNS vendor'
    | 'zone'
    | 'state store'
  /** What it carries, where that is not the whole fleet: a name. */
  readonly of?: string
  /** Each of them, in words. Which there are may not be known: then `unknown` says why. */
  readonly copies: readonly string[]
  readonly unknown?: string
  /** Where there is one: what its loss means, and what would make it two. */
  readonly single?: {readonly loss: string; readonly remedy: string}
}

/** `doctor --spof --json`. */
export type SpofReport = {
  readonly fleet: string
  readonly dns: string
  readonly components: readonly Component[]
}

/** What the clouds tell, as far as they could be read. */
export type Seen = {
  /** By place key. */
  readonly places: ReadonlyMap<string, SeenPlace>
}

export type SeenPlace = {
  readonly account?: string
  /** Availability zones that hold living instances of the fleet. */
  readonly zonesInUse: readonly string[]
  /** By group: the zones that a launch would use, in their order. */
  readonly zonesOfLaunch: ReadonlyMap<string, readonly string[]>
}

/** A component with its copies counted; only where there is one does it matter what that means. */
export function counted(
  component: Omit<Component, 'single' | 'copies'>,
  copies: readonly string[],
  single: NonNullable<Component['single']>,
): Component {
  const distinct = [...new Set(copies)]
  return {...component, copies: distinct, ...(distinct.length === 1 && !component.unknown && {single})}
}
