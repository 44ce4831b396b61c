import type {ObjectStore} from '../../src/providers/objects.ts'

/** A bucket with conditional writes, as S3 keeps them, in memory: each call is served at one instant. */
export function simulatedBucket(name: string): ObjectStore {
  const objects = new Map<string, {text: string; version: string}>()
  let versions = 0
  const put = (key: string, text: string) => void objects.set(key, {text, version: String(++versions)})
  return {
    name,
    get: async key => objects.get(key),
    list: async (prefix, after = '') =>
      [...objects.keys()].filter(key => key.startsWith(prefix) && key > after).sort(),
    async create(key, text) {
      if (objects.has(key)) return 'exists'
      put(key, text)
      return 'created'
    },
    async replace(key, text, version) {
      if (objects.get(key)?.version !== version) return 'changed'
      put(key, text)
      return 'replaced'
    },
  }
}
