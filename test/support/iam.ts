import type {PolicyDocument, Statement} from '../../src/policy/document.ts'

/** One request as IAM judges it: keys with one value, or with several (a batch of record changes). */
export type IamRequest = {
  readonly action: string
  readonly resource: string
  readonly keys?: Readonly<Record<string, string | readonly string[]>>
}

/**
 * Whether these documents allow it: some statement matches action, resource and every condition at once. Only the operators
 * that mcd writes; another one throws. Source: IAM User Guide, "Policy evaluation logic" and "Multivalued context keys".
 */
export function allows(document: PolicyDocument, request: IamRequest): boolean {
  return document.Statement.some(
    statement =>
      statement.Action.some(action => like(action, request.action)) &&
      statement.Resource.some(resource => like(resource, request.resource)) &&
      meets(statement.Condition ?? {}, request.keys ?? {}),
  )
}

function meets(
  condition: NonNullable<Statement['Condition']>,
  keys: NonNullable<IamRequest['keys']>,
): boolean {
  return Object.entries(condition).every(([operator, wanted]) =>
    Object.entries(wanted).every(([key, values]) => {
      const allowed = [values].flat()
      const given = keys[key] === undefined ? [] : [keys[key]].flat()
      if (operator === 'Null') return (given.length === 0) === (values === 'true')
      // A multivalued key meets ForAllValues when each of its values is allowed, and also when it has none.
      if (operator === 'ForAllValues:StringEquals') return given.every(value => allowed.includes(value))
      if (operator === 'ForAllValues:StringLike')
        return given.every(value => allowed.some(pattern => like(pattern, value)))
      if (operator === 'ForAnyValue:StringEquals') return given.some(value => allowed.includes(value))
      if (operator === 'StringLike')
        return given.length === 1 && allowed.some(pattern => like(pattern, given[0] ?? ''))
      if (operator === 'StringEquals') return given.length === 1 && allowed.includes(given[0] ?? '')
      throw new Error(`${operator} is not known here.`)
    }),
  )
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text)
