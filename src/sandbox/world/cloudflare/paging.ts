import {invalidQuery} from './refusals.ts'

export type Page<T> = {
  readonly items: readonly T[]
  readonly page: number
  readonly perPage: number
  readonly totalCount: number
}

/** A whole number within bounds from a query; throws the service's refusal otherwise. */
export function numberParameter(
  params: URLSearchParams,
  key: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = params.get(key)
  if (text === null) return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw invalidQuery(key, `must be from ${min} to ${max}`)
  return value
}

export function choiceParameter<T extends string>(
  params: URLSearchParams,
  key: string,
  choices: readonly T[],
): T | undefined {
  const text = params.get(key)
  if (text === null) return undefined
  const choice = choices.find(known => known === text)
  if (!choice) throw invalidQuery(key, `must be one of ${choices.join(', ')}`)
  return choice
}

export function paged<T>(all: readonly T[], page: number, perPage: number): Page<T> {
  return {items: all.slice((page - 1) * perPage, page * perPage), page, perPage, totalCount: all.length}
}

/** Compares texts by code point; `desc` turns it round. */
export function inOrder<T>(
  items: readonly T[],
  key: (item: T) => string,
  direction: 'asc' | 'desc' = 'asc',
): T[] {
  const sign = direction === 'asc' ? 1 : -1
  return items.toSorted((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0))
}
