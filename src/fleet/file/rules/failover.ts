import {nearest} from '../../../nearest.ts'
import {asMapping, asText, groupsOf, placeOf, type Rule} from './rule.ts'

/** Whoever takes over is another group, and somewhere else: what shares the silent place is silent with it. */
export const failoverElsewhere: Rule = (data, report) => {
  const groups = groupsOf(data)
  for (const silent of groups) {
    const to = asText(asMapping(silent.group.failover).to)
    if (to === undefined) continue
    const at = [...silent.path, 'failover', 'to']
    const heir = groups.find(({name}) => name === to)
    const place = placeOf(silent)
    if (!heir) {
      const others = groups.map(({name}) => name).filter(name => name !== silent.name)
      const meant = nearest(to, others)
      const known = others.length > 0 ? `there are: ${others.join(', ')}` : 'there is no other group'
      report(at, `failover names no group "${to}"`, meant ? `did you mean "${meant}"?` : known)
    } else if (heir === silent)
      report(at, `group "${to}" cannot take over for itself`, 'name a group in another place')
    else if (place !== undefined && place === placeOf(heir))
      report(
        at,
        `groups "${silent.name}" and "${to}" are in one place (${place}), which falls silent as a whole`,
        'name a group in another place',
      )
  }
}
