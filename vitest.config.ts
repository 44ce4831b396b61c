import {availableParallelism} from 'node:os'
import {fileURLToPath} from 'node:url'
import {defineConfig} from 'vitest/config'

const shared = {
  // What tests start from the sources (the sandbox, its machines, the simulation's workers) is compiled once, not at every start.
  env: {NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/compile', import.meta.url))},
  // What a test prints is shown as it is printed.
  disableConsoleIntercept: true,
  // For a machine that many share: what hangs may cost minutes, and what is slow does not fail for it.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Whatever starts processes waits half of its time, for boots, TTLs, drains and retries: others have the cores meanwhile.
  maxWorkers: 2 * availableParallelism(),
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // To load the sources anew for each file takes longer than most files: whatever a test changes of its process (variables,
          // streams, globals), it puts back, and modules are not mocked.
          isolate: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // The product as a process: what is tested is what was built from these sources.
          globalSetup: ['test/support/build.ts'],
        },
      },
    ],
  },
})
