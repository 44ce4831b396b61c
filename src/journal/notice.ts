/** What receivers of `notify:` can be told of. An interface between versions, and to their programs: add, never change one. */
export const NOTICE_TYPES = ['run-finished', 'instance-lost', 'drift-found'] as const

export type NoticeType = (typeof NOTICE_TYPES)[number]

/** A receiver without its address, which may be a secret itself: `digest` is a hash of that under the id of the notice. */
export type Addressee = {readonly host: string; readonly digest: string}

/** A notice that not every receiver has got yet. */
export type OwedNotice = {
  /** What receivers drop repetitions by: the same however often it is sent. */
  readonly id: string
  readonly about: NoticeType
  /** When it came to be owed. */
  readonly atMs: number
  /** `data` of the body that is sent: plain JSON without secrets. */
  readonly data: Readonly<Record<string, unknown>>
  /** Those who have yet to get it. */
  readonly receivers: readonly Addressee[]
}

/**
 * An instance that was seen running. `lost`: it ended or lost its mark, and nothing in this journal had asked for that; `ended`: something
 * here had.
 */
export type SeenInstance = {
  readonly place: string
  readonly group: string
  readonly address?: string
  readonly seenAtMs: number
  readonly state: 'running' | 'lost' | 'ended'
}
