import type { Clock, Timer } from '../runtime/clock.ts'
import type { Logger } from '../runtime/log.ts'
import { KafkaError } from '../wire/errors.ts'
import type { ShardStatus } from './shard.ts'

/** What lives on one partition of an internal topic. */
interface LedShard {
  /** `active` from the start when there is nothing to load. */
  readonly status: ShardStatus
  load(): Promise<void>
  /** Stops for good; every request that waits here hears `error`. */
  close(error: KafkaError): void
}

interface LedShardsOptions<S> {
  readonly clock: Clock
  readonly logger: Logger
  /** The internal topic. */
  readonly topic: string
  /** What has to be done with every shard now and then, while there are any. */
  readonly tidying: { intervalMs(): number; tidy(shard: S, partition: number): void }
  /** A shard has read its log; it may have been closed meanwhile. */
  onLoaded?(shard: S): void
}

/** Makes a shard. It tells, once, when a record is lost that its state rests on: then it has to be made anew. */
type MakeShard<S> = (onLost: (error: KafkaError) => void) => S

/** The shards of a coordinator: one for each partition of its internal topic that this broker leads. */
export class LedShards<S extends LedShard> {
  readonly #options: LedShardsOptions<S>
  readonly #shards = new Map<number, S>()
  #timer: Timer | undefined

  constructor(options: LedShardsOptions<S>) {
    this.#options = options
  }

  /**
   * This broker leads the partition now. Serves it at once when its log is empty, else when the promise resolves; it
   * never rejects: a log that can't be read leaves the partition unserved.
   */
  lead(partition: number, make: MakeShard<S>): Promise<void> | undefined {
    this.resign(partition)
    const shard = make((error) => this.#rebuild(partition, shard, make, error))
    this.#shards.set(partition, shard)
    this.#timer ??= this.#scheduleTidying()
    return shard.status === 'active' ? undefined : this.#load(partition, shard)
  }

  /** This broker doesn't lead the partition any more. Requests that wait there are sent to look for who does. */
  resign(partition: number): void {
    const shard = this.#shards.get(partition)
    this.#shards.delete(partition)
    shard?.close(new KafkaError('NOT_COORDINATOR'))
  }

  close(): void {
    for (const partition of [...this.#shards.keys()]) this.resign(partition)
    this.#timer?.cancel()
    this.#timer = undefined
  }

  get(partition: number): S | undefined {
    return this.#shards.get(partition)
  }

  /** Throws NOT_COORDINATOR where this broker doesn't lead. */
  require(partition: number): S {
    const shard = this.#shards.get(partition)
    if (shard === undefined) throw new KafkaError('NOT_COORDINATOR')
    return shard
  }

  values(): IterableIterator<S> {
    return this.#shards.values()
  }

  /** A partition that can't be read has nothing to show, and must not hide what others have. */
  readable(): S[] {
    return [...this.#shards.values()].filter(({ status }) => status !== 'closed')
  }

  /** Does some clean-up; what can't be written now is done another time. */
  tidy(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const { logger, topic } = this.#options
      logger.warn({ topic, error: error.error }, 'a coordinator has to put off cleaning up')
    }
  }

  /** The interval of tidying may be another one: the next is a whole one from now. */
  configured(): void {
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = this.#scheduleTidying()
  }

  #scheduleTidying(): Timer {
    const { clock, tidying } = this.#options
    return clock.setTimer(tidying.intervalMs(), () => {
      for (const [partition, shard] of this.#shards) this.tidy(() => tidying.tidy(shard, partition))
      this.#timer = this.#scheduleTidying()
    })
  }

  async #load(partition: number, shard: S): Promise<void> {
    const { logger, topic, onLoaded } = this.#options
    try {
      await shard.load()
    } catch (error) {
      logger.error({ topic, partition, error }, 'a coordinator can not read its partition')
      shard.close(new KafkaError('NOT_COORDINATOR'))
      return
    }
    onLoaded?.(shard)
  }

  /** Everybody starts over from what the log says. */
  #rebuild(partition: number, shard: S, make: MakeShard<S>, error: KafkaError): void {
    const { logger, topic } = this.#options
    logger.warn({ topic, partition, error: error.error }, 'a record of a coordinator was lost')
    if (this.#shards.get(partition) === shard) void this.lead(partition, make)
  }
}
