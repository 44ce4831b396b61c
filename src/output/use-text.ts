import type {Use} from '../fleet/plan/action.ts'

/** `2 connections on i-1`, or why they could not be counted. */
export function useText(use: Use): string {
  if ('why' in use) return `${use.instance} could not be asked for its connections: ${use.why}`
  const {connections} = use
  return `${connections === 0 ? 'no connection' : connections === 1 ? '1 connection' : `${connections} connections`} on ${use.instance}`
}
