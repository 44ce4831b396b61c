import {test} from 'vitest'

/** One scenario set up and ready: the provider under test, and what is known of its surroundings. */
export type Scene<Provider, Facts, Probe> = {
  readonly provider: Provider
  readonly facts: Facts
  /** A look behind the provider. Absent for recorded exchanges, where the recorded requests say what must be sent. */
  readonly probe?: Probe
  /** Tears down; throws when the surroundings were not used as they should (a recorded exchange left over). */
  close(): Promise<void>
}

/** A scenario that a harness cannot play, with the reason: shown in the test's title. */
export type Cannot = {readonly cannot: string}
export const cannot = (because: string): Cannot => ({cannot: because})

/**
 * All scenarios of a suite, as one kind of surroundings plays them. Each opens afresh, for one rule. Time in a scene is
 * virtual (test/support/virtual-runtime.ts, `attend`): retries and propagation take no real time.
 */
export type Harness<Provider, Scenarios, Probe> = {
  readonly [Name in keyof Scenarios]: Cannot | (() => Promise<Scene<Provider, Scenarios[Name], Probe>>)
}

/** Registers the one rule of a scenario as a test. */
export function rulesOf<Provider, Scenarios, Probe>(harness: Harness<Provider, Scenarios, Probe>) {
  return function rule<Name extends keyof Scenarios & string>(
    scenario: Name,
    title: string,
    check: (scene: Scene<Provider, Scenarios[Name], Probe>) => Promise<void>,
  ): void {
    const open = harness[scenario]
    if (typeof open !== 'function') {
      test.skip(`${scenario}: ${title} [cannot play: ${(open as Cannot).cannot}]`, () => {})
      return
    }
    test(`${scenario}: ${title}`, async () => {
      const scene = await open()
      await check(scene).then(
        () => scene.close(),
        error =>
          scene.close().then(
            () => Promise.reject(error),
            // A request nobody recorded explains the failure better than what came of it.
            closing => Promise.reject(new Error(messageOf(closing), {cause: error})),
          ),
      )
    })
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
