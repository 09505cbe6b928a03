import type { CommitWaiter } from '../../replication/waiting.ts'
import { errorCodes, type KafkaError } from '../../wire/errors.ts'
import type { PartitionAnswer } from './partition-answer.ts'

/**
 * A Produce request whose records are appended and not yet committed everywhere that it asked for. One object waits
 * for all its partitions; the answer is complete when the last of them is released.
 */
export class PendingProduce implements CommitWaiter {
  readonly done: Promise<void>
  #outstanding = 0
  #complete: () => void = () => undefined
  readonly #waitingFor: boolean[] = []

  constructor(
    /** Answers of all partitions of the request, by slot. */
    private readonly answers: readonly PartitionAnswer[],
    /** When the client stops waiting, on the monotonic clock. */
    readonly deadlineMs: number,
  ) {
    this.done = new Promise((resolve) => {
      this.#complete = resolve
    })
  }

  get isComplete(): boolean {
    return this.#outstanding === 0
  }

  /** Announces a wait for the partition in this slot, before the partition is asked. */
  expect(slot: number): void {
    this.#waitingFor[slot] = true
    this.#outstanding++
  }

  /** Whether the partition in this slot is still waited for. */
  isExpected(slot: number): boolean {
    return this.#waitingFor[slot] === true
  }

  committed(slot: number): void {
    this.#settle(slot)
  }

  failed(slot: number, error: KafkaError): void {
    this.#refuse(slot, error.code, error.message)
  }

  /** The client has waited long enough: what isn't committed by now may or may not be later. */
  expire(): void {
    for (let slot = 0; slot < this.answers.length; slot++)
      this.#refuse(slot, errorCodes.REQUEST_TIMED_OUT, 'The records were not committed in time.')
  }

  #refuse(slot: number, errorCode: number, message: string): void {
    const answer = this.answers[slot]
    if (answer === undefined || this.#waitingFor[slot] !== true) return
    answer.errorCode = errorCode
    answer.errorMessage = message
    answer.baseOffset = -1
    this.#settle(slot)
  }

  #settle(slot: number): void {
    if (this.#waitingFor[slot] !== true) return
    this.#waitingFor[slot] = false
    this.#outstanding--
    if (this.#outstanding === 0) this.#complete()
  }
}
