/** What a zone's plan allows. Settable per zone, so that a rehearsal can have the limits of a paid plan. */
export type PlanLimits = {
  /** Free zones made since 2024-09-01 hold 200; older ones 1,000; Pro and Business 3,500. */
  records: number
  commentMaxChars: number
  /** Operations in one batch. */
  batch: number
  minTtlSeconds: number
  /** The most a page of a listing holds, whatever is asked. */
  recordsPerPage: number
}

export const FREE_PLAN: PlanLimits = {
  records: 200,
  commentMaxChars: 100,
  batch: 200,
  minTtlSeconds: 60,
  recordsPerPage: 5_000_000,
}

export const MAX_TTL_SECONDS = 86_400
/** Wire format of one record's data. */
export const RECORD_MAX_BYTES = 4_096
/** Content of all records of one name and type together. */
export const SET_MAX_CHARS = 8_192
