import {RefusedError} from '../../errors.ts'

/** Why this place would not take a wish. */
export type Reason = {
  readonly about: 'settings' | 'type' | 'image' | 'network' | 'key'
  /** As the fleet file names it: a type, an image, a subnet, a key of the group. */
  readonly name: string
  readonly text: string
}

/** Every reason at once, and what each is about. */
export class WishRefusedError extends RefusedError {
  readonly why: readonly Reason[]

  constructor(why: readonly Reason[]) {
    super(why.map(({text}) => text))
    this.why = why
  }
}
