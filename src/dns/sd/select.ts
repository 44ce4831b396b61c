/** Where one SRV value leads (RFC 2782). `target` is a name in presentation form. */
export type Target = {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/**
 * The order in which a client tries them (RFC 2782, "Weight"): lower priority numbers first; within one priority drawn one
 * after the other, each by its share of the weight that is left. `random` is uniform in [0, 1).
 */
export function inOrder<T extends Pick<Target, 'priority' | 'weight'>>(
  targets: readonly T[],
  random: () => number,
): T[] {
  const priorities = [...new Set(targets.map(({priority}) => priority))].sort((a, b) => a - b)
  return priorities.flatMap(priority =>
    drawn(
      targets.filter(target => target.priority === priority),
      random,
    ),
  )
}

function drawn<T extends Pick<Target, 'weight'>>(targets: readonly T[], random: () => number): T[] {
  const left = [...targets]
  const order: T[] = []
  while (left.length > 0) {
    const index = draw(left, random)
    order.push(...left.splice(index, 1))
  }
  return order
}

/**
 * By the shares of the weights. Those without weight have a very small chance beside others: theirs together is that of a
 * weight of one. Where none has weight, all have the same.
 */
function draw(targets: readonly Pick<Target, 'weight'>[], random: () => number): number {
  const weightless = targets.flatMap(({weight}, index) => (weight === 0 ? [index] : []))
  const total = targets.reduce((sum, {weight}) => sum + weight, 0)
  const chance = weightless.length > 0 ? 1 : 0
  let point = Math.floor(random() * (total + chance)) - chance
  if (total === 0 || point < 0) return weightless[Math.floor(random() * weightless.length)] ?? 0
  return targets.findIndex(({weight}) => {
    point -= weight
    return point < 0
  })
}
