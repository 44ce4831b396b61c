// Appends two events at a time until it is killed; says the next sequence number after each append that returned.
import {sqliteJournal} from '../../src/journal/sqlite.ts'

const journal = await sqliteJournal(process.argv[2] ?? '')
let next = 1
for (;;) {
  const event = {
    atMs: next,
    run: 'loop',
    event: {type: 'run-finished', exit: next, converged: false},
  } as const
  next = await journal.append(next, [event, event])
  process.stdout.write(`${next}\n`)
  await new Promise(resolve => setImmediate(resolve))
}
