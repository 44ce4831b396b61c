const QUESTIONS = 100
const ANSWERS = 8

type Past = {readonly atMs: number; readonly answer: unknown}

/** What reading calls were answered lately, for faults that show an older state after a newer one. */
export class PastAnswers {
  readonly #byQuestion = new Map<string, Past[]>()

  keep(question: string, answer: unknown, atMs: number): void {
    const answers = [...(this.#byQuestion.get(question) ?? []), {atMs, answer}].slice(-ANSWERS)
    this.#byQuestion.delete(question)
    this.#byQuestion.set(question, answers)
    const [oldest] = this.#byQuestion.keys()
    if (this.#byQuestion.size > QUESTIONS && oldest !== undefined) this.#byQuestion.delete(oldest)
  }

  /** The newest answer to this question that was given at `untilMs` or before. */
  before(question: string, untilMs: number): {answer: unknown} | undefined {
    return this.#byQuestion.get(question)?.findLast(({atMs}) => atMs <= untilMs)
  }
}
