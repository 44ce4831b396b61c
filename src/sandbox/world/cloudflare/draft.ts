import {isObject} from './content.ts'
import {checkNeighbours} from './neighbours.ts'
import {asInput, type CloudflareRecord, type RecordFields, recordFields} from './record.ts'
import {batchTooLarge, invalidBody, missingRecord} from './refusals.ts'
import type {CloudflareZone} from './zone.ts'

export type Batch = Record<'deletes' | 'patches' | 'puts' | 'posts', CloudflareRecord[]>

/** A zone's records while one request works on them: nothing of it is seen until it is committed whole. */
export class Draft {
  readonly records: Map<string, CloudflareRecord>
  /** Ids touched, with the record as it now is; undefined = deleted. */
  readonly changes = new Map<string, CloudflareRecord | undefined>()
  /** What was done, for the request log. */
  readonly effects: string[] = []
  readonly #zone: CloudflareZone
  readonly #nowMs: number
  readonly #newId: () => string

  constructor(zone: CloudflareZone, nowMs: number, newId: () => string) {
    this.records = new Map(zone.records)
    this.#zone = zone
    this.#nowMs = nowMs
    this.#newId = newId
  }

  create(input: unknown): CloudflareRecord {
    const fields = recordFields(input, this.#zone.name, this.#zone.plan)
    checkNeighbours(fields, this.records.values(), this.#zone.plan)
    const commented = fields.comment === null ? {} : {commentModifiedOnMs: this.#nowMs}
    return this.#put('create', {
      id: this.#newId(),
      ...fields,
      createdOnMs: this.#nowMs,
      modifiedOnMs: this.#nowMs,
      ...commented,
    })
  }

  /** Changes the fields given, keeps the others. */
  patch(id: unknown, input: unknown): CloudflareRecord {
    const existing = this.#existing(id)
    if (!isObject(input)) throw invalidBody('a record is an object')
    return this.#replace(existing, {...asInput(existing), ...input})
  }

  /** Overwrites: what is not given returns to its default, the comment included. */
  put(id: unknown, input: unknown): CloudflareRecord {
    return this.#replace(this.#existing(id), input)
  }

  delete(id: unknown): CloudflareRecord {
    const existing = this.#existing(id)
    this.records.delete(existing.id)
    this.changes.set(existing.id, undefined)
    this.effects.push(describe('delete', existing))
    return existing
  }

  /** Deletes, patches, puts, posts, always in this order; the first refusal ends it. */
  batch(body: unknown): Batch {
    if (!isObject(body)) throw invalidBody('a batch is an object')
    const [deletes, patches, puts, posts] = (['deletes', 'patches', 'puts', 'posts'] as const).map(key => {
      const list = body[key] ?? []
      if (!Array.isArray(list) || !list.every(isObject))
        throw invalidBody(`"${key}" must be a list of objects`)
      return list
    }) as [Operation[], Operation[], Operation[], Operation[]]
    const count = deletes.length + patches.length + puts.length + posts.length
    if (count > this.#zone.plan.batch) throw batchTooLarge(count, this.#zone.plan.batch)
    return {
      deletes: deletes.map(({id}) => this.delete(id)),
      patches: patches.map(({id, ...input}) => this.patch(id, input)),
      puts: puts.map(({id, ...input}) => this.put(id, input)),
      posts: posts.map(input => this.create(input)),
    }
  }

  #existing(id: unknown): CloudflareRecord {
    const record = typeof id === 'string' ? this.records.get(id) : undefined
    if (!record) throw missingRecord()
    return record
  }

  #replace(existing: CloudflareRecord, input: unknown): CloudflareRecord {
    const fields = recordFields(input, this.#zone.name, this.#zone.plan)
    const others = [...this.records.values()].filter(({id}) => id !== existing.id)
    checkNeighbours(fields, others, this.#zone.plan)
    const {id, createdOnMs, commentModifiedOnMs, comment} = existing
    const commentedAtMs = fields.comment === comment ? commentModifiedOnMs : this.#nowMs
    const commented = commentedAtMs === undefined ? {} : {commentModifiedOnMs: commentedAtMs}
    return this.#put('update', {id, ...fields, createdOnMs, modifiedOnMs: this.#nowMs, ...commented})
  }

  #put(verb: string, record: CloudflareRecord): CloudflareRecord {
    this.records.set(record.id, record)
    this.changes.set(record.id, record)
    this.effects.push(describe(verb, record))
    return record
  }
}

type Operation = Record<string, unknown>

function describe(verb: string, {type, name, content, comment}: RecordFields): string {
  return `${verb} ${type} ${name} ${content}${comment === null ? '' : ` (${comment})`}`
}
