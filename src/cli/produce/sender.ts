import type { CompressionTypes, Message, Producer } from 'kafkajs'

/** Half of what a broker takes in one batch by default (`message.max.bytes`), with room for a few large records. */
const BATCH_BYTES = 512 * 1024
/** kafkajs groups records by partition in time quadratic in their number. */
const BATCH_RECORDS = 2000
/** Reading stops while this much waits: two batches keep the connection busy. */
const QUEUE_BYTES = 2 * BATCH_BYTES
/** What a record costs beside its bytes, roughly. */
const RECORD_OVERHEAD_BYTES = 20

export interface SendOptions {
  readonly topic: string
  readonly acks: number
  readonly compression: CompressionTypes
}

/**
 * Sends records in their order, one request at a time: while one is under way the next batch gathers, so a slow
 * input is sent record by record and a fast one in full batches, without a linger time to choose.
 */
export class Sender {
  #queue: Message[] = []
  #queueBytes = 0
  #sending: Promise<void> | undefined
  #failure: unknown
  #acknowledged = 0

  constructor(
    readonly producer: Pick<Producer, 'send'>,
    readonly options: SendOptions,
  ) {}

  /** How many records the cluster has taken so far. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Takes records; resolves when there is room for more. Rejects with the first failure of sending. */
  async add(messages: readonly Message[]): Promise<void> {
    // What came after a failure must not overtake it.
    if (this.#failure !== undefined) throw this.#failure
    for (const message of messages) {
      this.#queue.push(message)
      this.#queueBytes += sizeBytes(message)
    }
    this.#sending ??= this.#sendAll()
    while (this.#queueBytes > QUEUE_BYTES && this.#failure === undefined) await this.#sending
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when everything is acknowledged. */
  async finish(): Promise<void> {
    await this.#sending
    if (this.#failure !== undefined) throw this.#failure
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#sendBatch()
    } catch (error) {
      this.#failure = error
    } finally {
      this.#sending = undefined
    }
  }

  async #sendBatch(): Promise<void> {
    let count = 0
    let bytes = 0
    while (count < this.#queue.length && count < BATCH_RECORDS) {
      const next = this.#queue[count]
      const size = next === undefined ? 0 : sizeBytes(next)
      if (count > 0 && bytes + size > BATCH_BYTES) break
      bytes += size
      count++
    }
    const messages = this.#queue.slice(0, count)
    this.#queue = this.#queue.slice(count)
    this.#queueBytes -= bytes
    await this.producer.send({ ...this.options, messages })
    this.#acknowledged += messages.length
  }
}

function sizeBytes({ key, value, headers }: Message): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const name in headers) bytes += name.length + RECORD_OVERHEAD_BYTES
  return bytes
}
