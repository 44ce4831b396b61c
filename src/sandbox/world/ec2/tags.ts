import {ec2Error, invalidValue} from './errors.ts'
import type {Tags} from './model.ts'

export type TagList = readonly {readonly key?: string | undefined; readonly value?: string | undefined}[]

const MAX_TAGS = 50
const MAX_KEY = 128
const MAX_VALUE = 256
/** What a tag key may hold where instance metadata shows tags. Source: EC2 User Guide, "View tags … using instance metadata". */
const METADATA_KEY = /^[0-9a-zA-Z\-_+=,.@:]{1,255}$/

/** Checks a list of tags by EC2's rules and gives them as a map. */
export function checkedTags(list: TagList, {inMetadata = false} = {}): Tags {
  const tags: Tags = new Map()
  for (const {key = '', value = ''} of list) {
    if (key === '') throw invalidValue('Tag key cannot be empty.')
    if (key.length > MAX_KEY)
      throw invalidValue(`Tag key exceeds the maximum length of ${MAX_KEY} characters`)
    if (value.length > MAX_VALUE)
      throw invalidValue(`Tag value exceeds the maximum length of ${MAX_VALUE} characters`)
    if (/^aws:/i.test(key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use")
    if (tags.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`)
    if (inMetadata && (!METADATA_KEY.test(key) || ['.', '..', '_index'].includes(key))) {
      throw invalidValue(
        `'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
      )
    }
    tags.set(key, value)
  }
  if (tags.size > MAX_TAGS) throw tooMany()
  return tags
}

/** Adds or overwrites, within the limit of 50. */
export function addTags(tags: Tags, more: Tags): void {
  if (new Set([...tags.keys(), ...more.keys()]).size > MAX_TAGS) throw tooMany()
  for (const [key, value] of more) tags.set(key, value)
}

/** Removes keys; one given with a value goes only when the value is that. */
export function removeTags(tags: Tags, which: TagList): void {
  for (const {key = '', value} of which) if (value === undefined || tags.get(key) === value) tags.delete(key)
}

export const tagList = (tags: Tags): {key: string; value: string}[] =>
  [...tags].map(([key, value]) => ({key, value}))

const tooMany = () =>
  ec2Error('TagLimitExceeded', `The maximum number of Tags for a resource has been reached: ${MAX_TAGS}.`)
