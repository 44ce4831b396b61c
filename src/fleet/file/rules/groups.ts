import {nearest} from '../../../nearest.ts'
import {IMAGE_ALIASES} from '../../../providers/image-aliases.ts'
import {formatPath} from '../mistake.ts'
import {LABEL, LABEL_WORDS} from '../values.ts'
import {asMapping, asText, groupsOf, placeOf, type Rule} from './rule.ts'

export const hasGroups: Rule = (data, report) => {
  const groups = asMapping(data).groups
  const isEmpty = groups !== null && typeof groups === 'object' && Object.keys(groups).length === 0
  if (isEmpty) report(['groups'], 'groups must hold at least one group')
}

export const groupNames: Rule = (data, report) => {
  for (const {name, path} of groupsOf(data))
    if (!LABEL.test(name)) report(path, `group name "${name}" must be ${LABEL_WORDS}`, undefined, 'key')
}

export const awsPlace: Rule = (data, report) => {
  for (const {path, group, provider} of groupsOf(data)) {
    if (provider !== 'aws') continue
    if (group.region === undefined && group.endpoint === undefined)
      report(
        [...path, 'region'],
        `"region" is missing in ${formatPath(path)}`,
        'such as "us-east-1"; or give the "endpoint" of an EC2-compatible cloud',
      )
    if (group.compatible !== undefined && group.endpoint === undefined)
      report([...path, 'compatible'], '"compatible" needs an "endpoint"', 'AWS itself lacks nothing', 'key')
    if (group.compatible === 'eucalyptus' && group.spot === true)
      report([...path, 'spot'], '"spot" does not exist on eucalyptus', 'remove it', 'key')
  }
}

/** Two accounts in one place would look like one cloud that shows and hides the same instances in turn. */
export const onePlaceOneAccount: Rule = (data, report) => {
  const first = new Map<string, {name: string; words: Readonly<Record<string, unknown>>}>()
  for (const words of groupsOf(data)) {
    const {name, path, group} = words
    const key = placeOf(words)
    if (key === undefined) continue
    const other = first.get(key)
    if (!other) first.set(key, {name, words: group})
    else
      for (const word of ['profile', 'region', 'compatible'])
        if (group[word] !== other.words[word])
          report(
            [...path, word],
            `groups "${other.name}" and "${name}" are in one place (${key}) but differ in "${word}"`,
            'a fleet has one account and one way to reach it per place',
          )
  }
}

export const openOrSecurityGroups: Rule = (data, report) => {
  for (const {path, group} of groupsOf(data))
    if (group.open !== undefined && group.securityGroups !== undefined)
      report(
        [...path, 'open'],
        '"open" and "securityGroups" exclude each other',
        'open the ports in your own security groups, or let mcd make one with "open"',
        'key',
      )
}

export const zonesOrSubnets: Rule = (data, report) => {
  for (const {path, group} of groupsOf(data))
    if (group.zones !== undefined && group.subnets !== undefined)
      report(
        [...path, 'zones'],
        '"zones" and "subnets" exclude each other',
        'a subnet is in one zone: list the subnets of the zones you want, in their order',
        'key',
      )
}

/** Only EC2 takes aliases alone: what other clouds call their images is known to them. */
export const imageAliases: Rule = (data, report) => {
  for (const {path, group, provider} of groupsOf(data)) {
    const image = asText(group.image)
    if (provider !== 'aws' || group.compatible !== undefined || image === undefined) continue
    if (
      /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(image) ||
      (IMAGE_ALIASES as readonly string[]).includes(image)
    )
      continue
    if (image.startsWith('ami-'))
      report(
        [...path, 'image'],
        `"${image}" is no image id`,
        'an image id is "ami-" and 8 or 17 hexadecimal digits',
      )
    else {
      const meant = nearest(image, IMAGE_ALIASES)
      const hint = meant
        ? `did you mean "${meant}"?`
        : `use an image id, or one of ${IMAGE_ALIASES.join(', ')}`
      report([...path, 'image'], `unknown image "${image}"`, hint)
    }
  }
}

const RESERVED = ['mcd:', 'mcd_', 'aws:', 'triton.'] as const

/** Marks say whose an instance is (law 1): nobody else writes under their prefixes. */
export const reservedTags: Rule = (data, report) => {
  for (const {path, group} of groupsOf(data))
    for (const kind of ['tags', 'metadata'])
      for (const key of Object.keys(asMapping(group[kind]))) {
        const prefix = RESERVED.find(reserved => key.toLowerCase().startsWith(reserved))
        const owner = prefix?.startsWith('mcd') ? 'mcd' : 'the cloud'
        if (prefix)
          report(
            [...path, kind, key],
            `${kind} must not begin with "${prefix}": ${owner} uses it`,
            'choose another key',
            'key',
          )
      }
}

/** mcd writes these itself; a second writer would replace the userdata. */
const OWN_METADATA = ['user-script', 'user-data', 'cloud-init:user-data']

export const ownMetadata: Rule = (data, report) => {
  for (const {path, group} of groupsOf(data))
    for (const key of Object.keys(asMapping(group.metadata)))
      if (OWN_METADATA.includes(key))
        report(
          [...path, 'metadata', key],
          `metadata must not hold "${key}"`,
          'what instances run at boot comes from "userdata"',
          'key',
        )
}
