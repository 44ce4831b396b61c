import {defineConfig} from 'vitest/config'

const shared = {
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
