import {McdError} from '../../../errors.ts'
import {asMapping, asText, type Rule} from './rule.ts'

/** The template can be read. `load` throws McdError when it cannot; what it suggests becomes the hint. */
export const templateIsThere =
  (load: (template: string) => unknown): Rule =>
  (data, report) => {
    const template = asText(asMapping(asMapping(data).userdata).template)
    if (template === undefined) return
    try {
      load(template)
    } catch (error) {
      if (!(error instanceof McdError)) throw error
      report(
        ['userdata', 'template'],
        error.message.replace(/\.$/, ''),
        error.suggestions[0]?.replace(/\.$/, ''),
      )
    }
  }
