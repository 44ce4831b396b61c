/**
 * How a request of one run gets out and its answer back in: at once, unless something stands between that delays, loses or
 * swallows either. `call` names it: `ec2:RunInstances`, `journal:append intent`, `sleep`.
 */
export type Carry = <T>(call: string, send: () => Promise<T>) => Promise<T>

export const atOnce: Carry = (_call, send) => send()

/** The same client with every method carried, named `<service>:<method>`. */
export function carried<C extends object>(service: string, client: C, carry: Carry): C {
  const methods = Object.entries(client as Record<string, (...args: unknown[]) => Promise<unknown>>)
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (...args: unknown[]) => carry(`${service}:${name}`, () => method(...args)),
    ]),
  ) as C
}
