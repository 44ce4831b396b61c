import {defineConfig} from 'vitest/config'

/** Started by run.ts, in namespaces of its own. */
export default defineConfig({
  test: {
    name: 'boot',
    include: ['test/boot/*.boot.ts'],
    disableConsoleIntercept: true,
    reporters: ['verbose'],
    testTimeout: 15 * 60_000,
    hookTimeout: 60_000,
    // The emulated computers want both cores for themselves.
    fileParallelism: false,
    maxConcurrency: 3,
  },
})
