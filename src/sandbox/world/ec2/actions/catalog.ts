import {ec2Error, invalidValue} from '../errors.ts'
import {IMAGE_FILTERS, INSTANCE_TYPE_FILTERS, OFFERING_FILTERS, ZONE_FILTERS} from '../filter-tables.ts'
import {applyFilters} from '../filters.ts'
import {page} from '../paging.ts'
import {imageView, instanceTypeView, zoneView} from '../views.ts'
import type {Action, Describe} from './action.ts'

type Images = Describe & {
  readonly imageIds?: readonly string[] | undefined
  readonly owners?: readonly string[] | undefined
  readonly includeDeprecated?: boolean | undefined
}

export const describeImages: Action<Images, {images: ReturnType<typeof imageView>[]; nextToken?: string}> = (
  region,
  request,
) => {
  const malformed = request.imageIds?.find(id => !/^(ami|emi)-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id))
  if (malformed !== undefined)
    throw ec2Error('InvalidAMIID.Malformed', `Invalid id: "${malformed}" (expecting "ami-...")`)
  const unknown = (request.imageIds ?? []).filter(id => !region.images.has(id))
  if (unknown.length > 0)
    throw ec2Error('InvalidAMIID.NotFound', `The image id '[${unknown.join(', ')}]' does not exist`)
  const chosen = [...region.images.values()].filter(
    image =>
      (!request.imageIds?.length || request.imageIds.includes(image.id)) &&
      (!request.owners?.length ||
        request.owners.some(owner => owner === image.ownerId || owner === image.ownerAlias)),
  )
  const {page: shown, ...next} = page(chosen, ({id}) => id, request, {min: 1})
  return {images: applyFilters(shown, request.filters, IMAGE_FILTERS).map(imageView), ...next}
}

type Types = Describe & {readonly instanceTypes?: readonly string[] | undefined}

export const describeInstanceTypes: Action<
  Types,
  {instanceTypes: ReturnType<typeof instanceTypeView>[]; nextToken?: string}
> = (region, request) => {
  const unknown = (request.instanceTypes ?? []).filter(name => !region.types.has(name))
  if (unknown.length > 0) {
    throw ec2Error(
      'InvalidInstanceType',
      `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
    )
  }
  if (request.instanceTypes?.length && request.maxResults !== undefined) {
    throw ec2Error(
      'InvalidParameterCombination',
      'The parameter instanceTypes cannot be used with the parameter maxResults',
    )
  }
  const chosen = [...region.types.values()].filter(
    ({name}) => !request.instanceTypes?.length || request.instanceTypes.includes(name),
  )
  const {page: shown, ...next} = page(chosen, ({name}) => name, request, {max: 100})
  return {
    instanceTypes: applyFilters(shown, request.filters, INSTANCE_TYPE_FILTERS).map(instanceTypeView),
    ...next,
  }
}

type Offerings = Describe & {readonly locationType?: string | undefined}
type OfferingView = {instanceType: string; locationType: string; location: string}

export const describeInstanceTypeOfferings: Action<
  Offerings,
  {instanceTypeOfferings: OfferingView[]; nextToken?: string}
> = (region, request) => {
  const locationType = request.locationType ?? 'region'
  if (locationType !== 'region' && locationType !== 'availability-zone')
    throw invalidValue(`Value (${locationType}) for parameter locationType is invalid.`)
  const locations = locationType === 'region' ? [region.name] : region.zones
  const all = [...region.types.keys()].flatMap(instanceType =>
    locations
      .filter(location => locationType === 'region' || region.offers(location, instanceType))
      .map(location => ({instanceType, locationType, location})),
  )
  const {page: shown, ...next} = page(
    all,
    ({instanceType, location}) => `${instanceType} ${location}`,
    request,
  )
  return {instanceTypeOfferings: applyFilters(shown, request.filters, OFFERING_FILTERS), ...next}
}

type Zones = Describe & {
  readonly zoneNames?: readonly string[] | undefined
  readonly allAvailabilityZones?: boolean | undefined
}

export const describeAvailabilityZones: Action<Zones, {availabilityZones: ReturnType<typeof zoneView>[]}> = (
  region,
  request,
) => {
  const unknown = (request.zoneNames ?? []).filter(name => !region.zones.includes(name))
  if (unknown.length > 0) throw invalidValue(`Invalid availability zone: [${unknown.join(', ')}]`)
  const chosen = region.zones
    .map((zone, index) => ({zone, index, region: region.name}))
    .filter(({zone}) => !request.zoneNames?.length || request.zoneNames.includes(zone))
  return {
    availabilityZones: applyFilters(chosen, request.filters, ZONE_FILTERS).map(({zone, index}) =>
      zoneView(region, zone, index),
    ),
  }
}
