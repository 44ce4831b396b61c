import {asMapping, type Rule} from './rule.ts'

/** A path that is written down and never asked for would be believed. */
export const connectionsHaveNoPath: Rule = (data, report) => {
  const health = asMapping(asMapping(asMapping(data).service).health)
  if (health.protocol === 'tcp' && health.path !== undefined)
    report(
      ['service', 'health', 'path'],
      '"path" is not asked for where health is a connection that opens ("protocol: tcp")',
      'take it out, or set "protocol: http"',
      'key',
    )
}
