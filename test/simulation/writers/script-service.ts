import {type Machine, PORT} from './machines.ts'
import type {ServiceScript, VendorScript} from './script.ts'
import type {SharedScript} from './script-shared.ts'

/** discovery/discovery.sh with discovery/route53.sh, call by call. The host name is entered together with the name. */
export function serviceScript(
  shared: SharedScript,
  vendor: VendorScript,
  {id}: Machine,
  name: string,
): ServiceScript {
  const host = `${id}.${name}`
  const own = `0 0 ${PORT} ${host}`
  return {
    join: () => shared.swap(own),
    async rejoin(address, mayEnter) {
      const isThere = (await vendor.own(host)).some(each => each.address === address)
      if (isThere && (await shared.look(own)).changes.length === 0) return
      if (!(await mayEnter())) return
      await vendor.create(host, address)
      await shared.swap(own)
    },
    async leave(entered) {
      const failure = await shared.swap('').then(
        () => undefined,
        (error: unknown) => ({error}),
      )
      await vendor.remove(host, entered)
      if (failure) throw failure.error
    },
  }
}

/** no-discovery.sh */
export const noService: ServiceScript = {
  join: async () => {},
  rejoin: async () => {},
  leave: async () => {},
}
