import fc from 'fast-check'
import {LawBroken} from '../support/laws.ts'
import {stories} from './drawn-stories.ts'
import {play} from './play.ts'
import {type Stage, setStage} from './stage.ts'
import type {Story} from './story.ts'
import {TOLD} from './told-stories.ts'

/** How a story failed: the law that did not hold, and what was found instead. */
export type Failure = {readonly seed: number; readonly law: string; readonly found: string}

/** Real time that looking for a smaller story may take. */
const SHRINK_MS = 30_000

/** The story of a seed: the first ones are told, the others drawn. The same for ever, while the arbitraries stay the same. */
export function storyOf(seed: number): Story {
  const told = TOLD[seed - 1]
  if (told) return told
  const [story] = fc.sample(stories, {seed, numRuns: 1})
  if (!story) throw new Error(`Seed ${seed} draws no story.`)
  return story
}

export async function playSeed(seed: number): Promise<Failure | undefined> {
  const {failure} = await tell(storyOf(seed))
  return failure && {seed, ...failure}
}

/** Plays one story. The stage is handed back for whoever wants to know what happened on it. */
export async function tell(story: Story): Promise<{stage: Stage; failure?: Omit<Failure, 'seed'>}> {
  const stage = await setStage(story)
  try {
    await play(stage)
    return {stage}
  } catch (error) {
    const {message, stack = message} = error as Error
    const failure =
      error instanceof LawBroken
        ? {law: error.law, found: message}
        : {law: 'no unexpected error', found: stack}
    return {stage, failure}
  }
}

/** A smaller story that breaks the same law, as far as one is found in some seconds. */
export async function shrink({seed, law}: Pick<Failure, 'seed' | 'law'>): Promise<Story | undefined> {
  const property = fc.asyncProperty(stories, async story => (await tell(story)).failure?.law !== law)
  const {counterexample} = await fc.check(property, {
    seed,
    numRuns: 1,
    interruptAfterTimeLimit: SHRINK_MS,
    markInterruptAsFailure: true,
  })
  return counterexample?.[0]
}
