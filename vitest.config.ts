import {fileURLToPath} from 'node:url'
import {defineConfig} from 'vitest/config'

const shared = {
  // What tests start from the sources (the sandbox, its machines, the simulation's workers) is compiled once, not at every start.
  env: {NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/compile', import.meta.url))},
  // What a test prints is shown as it is printed.
  disableConsoleIntercept: true,
  testTimeout: 30_000,
  hookTimeout: 60_000,
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
          // One for each core: vitest would leave one of two idle.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // The product as a process: what is tested is what was built from these sources.
          globalSetup: ['test/support/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each file runs a sandbox of its own with real processes: on two cores more of them only wait for each other.
          maxWorkers: 2,
        },
      },
    ],
  },
})
