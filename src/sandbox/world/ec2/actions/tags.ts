import {ec2Error} from '../errors.ts'
import {TAG_FILTERS, type TagEntry} from '../filter-tables.ts'
import {applyFilters} from '../filters.ts'
import type {Tags} from '../model.ts'
import {page} from '../paging.ts'
import type {Region} from '../region.ts'
import {addTags, checkedTags, removeTags, type TagList} from '../tags.ts'
import type {Action, Describe} from './action.ts'

type TagRequest = {readonly resources?: readonly string[] | undefined; readonly tags?: TagList | undefined}

export const createTags: Action<TagRequest, {return: true}> = (region, request, effect) => {
  const tagged = named(region, request)
  if (!request.tags?.length) throw ec2Error('MissingParameter', 'The request must contain the parameter Tag')
  for (const [id, {tags, inMetadata}] of tagged) {
    addTags(tags, checkedTags(request.tags, {inMetadata}))
    effect(`tag ${id}`)
  }
  return {return: true}
}

export const deleteTags: Action<TagRequest, {return: true}> = (region, request, effect) => {
  for (const [id, {tags}] of named(region, request)) {
    if (request.tags?.length) removeTags(tags, request.tags)
    else tags.clear()
    effect(`untag ${id}`)
  }
  return {return: true}
}

export const describeTags: Action<Describe, {tags: TagEntry[]; nextToken?: string}> = (region, request) => {
  const all = [...taggable(region)].flatMap(([resourceId, {resourceType, tags}]) =>
    [...tags].map(([key, value]) => ({resourceId, resourceType, key, value})),
  )
  const {page: shown, ...next} = page(all, ({resourceId, key}) => `${resourceId} ${key}`, request)
  return {tags: applyFilters(shown, request.filters, TAG_FILTERS), ...next}
}

type Taggable = {resourceType: string; tags: Tags; inMetadata: boolean}

function named(region: Region, {resources}: TagRequest): [string, Taggable][] {
  if (!resources?.length)
    throw ec2Error('MissingParameter', 'The request must contain the parameter ResourceId')
  const known = taggable(region)
  return resources.map(id => {
    const resource = known.get(id)
    if (!resource) throw unknownResource(id)
    return [id, resource]
  })
}

function unknownResource(id: string) {
  if (id.startsWith('i-'))
    return ec2Error('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
  if (id.startsWith('sg-'))
    return ec2Error('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
  return ec2Error('InvalidID', `The ID '${id}' is not valid`)
}

function taggable(region: Region): Map<string, Taggable> {
  const found = new Map<string, Taggable>()
  const add = (id: string, resourceType: string, tags: Tags, inMetadata = false) =>
    found.set(id, {resourceType, tags, inMetadata})
  for (const {id, tags, volume, state, metadata} of region.visibleInstances()) {
    add(id, 'instance', tags, metadata?.instanceMetadataTags === 'enabled')
    if (state !== 'terminated') add(volume.id, 'volume', volume.tags)
  }
  for (const {id, tags} of region.groups.values()) add(id, 'security-group', tags)
  for (const {id, tags} of region.subnets.values()) add(id, 'subnet', tags)
  for (const {id, tags} of region.keyPairs.values()) add(id, 'key-pair', tags)
  add(region.vpc.id, 'vpc', region.vpc.tags)
  return found
}
