import {asMapping, type Rule} from './rule.ts'

export const oneNamePerProvider: Rule = (data, report) => {
  const limits = asMapping(asMapping(data).limits)
  if (limits.joyent !== undefined && limits.triton !== undefined)
    report(['limits', 'triton'], '"joyent" and "triton" are the same provider', 'keep one of the two', 'key')
}
