import type { Consumer } from 'kafkajs'

/** The first empty round may be a fetch that failed and is being repeated, which looks the same from here. */
const EMPTY_ROUNDS = 2

/**
 * Finds out when a group's member has read all there is. kafkajs tells of batches but not of empty answers, so it is
 * inferred: when each broker has been asked twice since the last batch, there is nothing more to come for now.
 */
export class EndDetector {
  readonly #reached = new AbortController()
  readonly #rounds = new Map<number, number>()
  #joined = false

  /** Aborted at the end. */
  get reached(): AbortSignal {
    return this.#reached.signal
  }

  static on(consumer: Consumer): EndDetector {
    const detector = new EndDetector()
    const { GROUP_JOIN, REBALANCING, START_BATCH_PROCESS, FETCH_START } = consumer.events
    consumer.on(GROUP_JOIN, () => detector.joined())
    consumer.on(REBALANCING, () => detector.left())
    consumer.on(START_BATCH_PROCESS, () => detector.sawBatch())
    consumer.on(FETCH_START, ({ payload }) => detector.fetching(payload.nodeId))
    return detector
  }

  joined(): void {
    this.#joined = true
    this.#rounds.clear()
  }

  left(): void {
    this.#joined = false
    this.#rounds.clear()
  }

  sawBatch(): void {
    for (const nodeId of this.#rounds.keys()) this.#rounds.set(nodeId, 0)
  }

  /** A fetch begins: the one before it from this broker, if it brought nothing, was an empty round. */
  fetching(nodeId: number): void {
    if (!this.#joined) return
    const before = this.#rounds.get(nodeId)
    this.#rounds.set(nodeId, before === undefined ? 0 : before + 1)
    if ([...this.#rounds.values()].every((rounds) => rounds >= EMPTY_ROUNDS)) this.#reached.abort()
  }
}
