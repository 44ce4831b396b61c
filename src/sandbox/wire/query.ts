import {ec2Error, invalidValue} from '../world/ec2/errors.ts'

/** A parameter of the EC2 Query protocol with what lies under it: `Filter.1.Name=…` is three levels. */
export type QueryNode = {text?: string; readonly children: Map<string, QueryNode>}

/** Reads one parameter; throws in EC2's words. */
export type Reader<T> = (node: QueryNode, path: string) => T

/** Form fields to a tree. Source: EC2 API Reference, "Query requests". */
export function queryTree(fields: Iterable<readonly [string, string]>): QueryNode {
  const root: QueryNode = {children: new Map()}
  for (const [name, text] of fields) {
    let node = root
    for (const part of name.split('.')) {
      const next = node.children.get(part) ?? {children: new Map()}
      node.children.set(part, next)
      node = next
    }
    node.text = text
  }
  return root
}

export const text: Reader<string> = (node, path) => {
  if (node.text === undefined) throw invalidValue(`The parameter ${path} has a value of the wrong kind.`)
  return node.text
}

export const integer: Reader<number> = (node, path) => {
  const value = text(node, path)
  if (!/^-?\d{1,15}$/.test(value))
    throw invalidValue(`Value (${value}) for parameter ${path} is invalid. Expecting an integer.`)
  return Number(value)
}

export const boolean: Reader<boolean> = (node, path) => {
  const value = text(node, path)
  if (value !== 'true' && value !== 'false')
    throw invalidValue(`Value (${value}) for parameter ${path} is invalid. Expecting true or false.`)
  return value === 'true'
}

export const oneOf =
  <const T extends string>(...allowed: readonly T[]): Reader<T> =>
  (node, path) => {
    const value = text(node, path)
    const known = allowed.find(one => one === value)
    if (known === undefined) {
      throw invalidValue(
        `Value (${value}) for parameter ${path} is invalid. Valid values: ${allowed.join(', ')}.`,
      )
    }
    return known
  }

/** `Name.1`, `Name.2`, … in the order of their numbers. */
export const list =
  <T>(of: Reader<T>): Reader<T[]> =>
  (node, path) =>
    [...node.children]
      .map(([index, child]) => {
        if (!/^\d{1,6}$/.test(index)) throw unknownParameter(`${path}.${index}`)
        return [Number(index), child] as const
      })
      .sort(([a], [b]) => a - b)
      .map(([index, child]) => of(child, `${path}.${index}`))

type Members = Readonly<Record<string, readonly [parameter: string, reader: Reader<unknown>]>>
type Read<M extends Members> = {-readonly [K in keyof M]?: M[K][1] extends Reader<infer T> ? T : never}

/** A structure: our member names, the parameter each is read from. What it does not list is refused. */
export const struct =
  <const M extends Members>(members: M): Reader<Read<M>> =>
  (node, path) => {
    const at = (parameter: string) => (path === '' ? parameter : `${path}.${parameter}`)
    const known = new Set(Object.values(members).map(([parameter]) => parameter))
    for (const parameter of node.children.keys())
      if (!known.has(parameter)) throw unknownParameter(at(parameter))
    const present = Object.entries(members).flatMap(([member, [parameter, read]]) => {
      const child = node.children.get(parameter)
      return child ? [[member, read(child, at(parameter))] as const] : []
    })
    return Object.fromEntries(present) as Read<M>
  }

const unknownParameter = (path: string) =>
  ec2Error('UnknownParameter', `The parameter ${path} is not recognized`)
