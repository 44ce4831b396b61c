import {defineConfig} from 'vitest/config'

/** Started by run.ts, in namespaces of its own. */
export default defineConfig({
  test: {
    name: 'boot',
    include: ['test/boot/*.boot.ts'],
    disableConsoleIntercept: true,
    reporters: ['verbose'],
    // For a machine that many share; LIMIT_MS of run.ts ends whatever hangs.
    testTimeout: 25 * 60_000,
    hookTimeout: 60_000,
    // Each emulated computer wants a core for itself.
    fileParallelism: false,
    maxConcurrency: 4,
  },
})
