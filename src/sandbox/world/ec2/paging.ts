import {ec2Error, invalidValue} from './errors.ts'

export type PageRequest = {readonly maxResults?: number | undefined; readonly nextToken?: string | undefined}

/**
 * One page of items in a stable order of their ids. The page is cut before filters are applied, as EC2 may: a page can be
 * short or empty and still have a successor.
 */
export function page<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  {maxResults, nextToken}: PageRequest,
  {min = 5, max = 1000} = {},
): {page: T[]; nextToken?: string} {
  if (maxResults !== undefined && (maxResults < min || maxResults > max)) {
    throw invalidValue(
      `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value between ${min} and ${max}.`,
    )
  }
  const after = nextToken === undefined ? '' : decode(nextToken)
  const rest = items.filter(item => idOf(item) > after).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  if (maxResults === undefined || rest.length <= maxResults) return {page: rest}
  const cut = rest.slice(0, maxResults)
  const last = cut.at(-1)
  return last === undefined
    ? {page: cut}
    : {page: cut, nextToken: Buffer.from(`after ${idOf(last)}`).toString('base64')}
}

function decode(token: string): string {
  const text = Buffer.from(token, 'base64').toString()
  if (!text.startsWith('after ')) throw ec2Error('InvalidNextToken', 'The token is not valid')
  return text.slice('after '.length)
}
