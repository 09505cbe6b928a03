import type { IsolationLevel, ReadWaiter } from '../../replication/partition.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import type { LogSlice } from '../../storage/log-slice.ts'
import type { KafkaError } from '../../wire/errors.ts'
import type { ConnectionInfo } from '../handler.ts'
import type { AcquiredBatch } from './in-flight-records.ts'
import { ReadRuns } from './read-runs.ts'
import { leaderError } from './share-errors.ts'
import type { DeliveryWaiter, SharePartition } from './share-partition.ts'
import type { SharePartitions } from './share-partitions.ts'
import type { SharePartitionId } from './share-sessions.ts'

export interface ShareFetchWish {
  readonly groupId: string
  readonly memberId: string
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxRecords: number
  readonly batchSize: number
  /** Whether `maxRecords` is exact (KIP-1206). */
  readonly isExact: boolean
}

/** What was found at one partition. */
export interface ShareDelivery {
  readonly id: SharePartitionId
  readonly error: KafkaError | undefined
  readonly acquired: readonly AcquiredBatch[]
  /** Whole batches of the log, which may begin before and end behind what is acquired. */
  readonly chunks: readonly Buffer[]
  /** Gives back the memory of the chunks. */
  readonly release: () => void
}

interface Target {
  readonly id: SharePartitionId
  share: SharePartition | undefined
  error: KafkaError | undefined
  delivery: ShareDelivery | undefined
}

const nothing = (): void => undefined

/**
 * Acquires records for a member, or waits until there are some: until enough can be read, a record is free again, time
 * is up or the client is gone. Where a whole request fails, that is told at once; beside partitions that work, an error
 * waits with them.
 */
export class ShareFetch implements ReadWaiter, DeliveryWaiter {
  readonly #wish: ShareFetchWish
  readonly #targets: readonly Target[]
  readonly #shares: SharePartitions
  readonly #clock: Clock
  /** Something has happened since the last look. */
  #hasNews = false
  #isOver = false
  /** Nobody is there any more to acquire anything. */
  #isAbandoned = false
  #wake: (() => void) | undefined

  constructor(wish: ShareFetchWish, ids: readonly SharePartitionId[], shares: SharePartitions, clock: Clock) {
    this.#wish = wish
    this.#targets = ids.map((id) => ({ id, share: undefined, error: undefined, delivery: undefined }))
    this.#shares = shares
    this.#clock = clock
  }

  /** What is acquired, and what went wrong; partitions without news are left out. */
  async run(connection: ConnectionInfo): Promise<readonly ShareDelivery[]> {
    const timer = this.#startTimer()
    const forgetClose = connection.onClose(() => this.abandon())
    try {
      await Promise.all(this.#targets.map((target) => this.#prepare(target)))
      await this.#acquireOrWait()
    } finally {
      timer?.cancel()
      forgetClose()
      for (const { share } of this.#targets) this.#unwatch(share)
    }
    return this.#targets.flatMap(
      ({ id, error, delivery }) => delivery ?? (error === undefined ? [] : failed(id, error)),
    )
  }

  /** The client has gone, or its session is over: what it acquired now would be locked in vain. */
  abandon(): void {
    this.#isAbandoned = true
    this.#rouse()
  }

  progressed(): void {
    this.#rouse()
  }

  deliverable(): void {
    this.#rouse()
  }

  #rouse(): void {
    this.#hasNews = true
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #startTimer(): Timer | undefined {
    const { maxWaitMs } = this.#wish
    if (maxWaitMs > 0) return this.#clock.setTimer(maxWaitMs, () => this.#timeIsUp())
    this.#isOver = true
    return undefined
  }

  /** Answers with what there is. */
  #timeIsUp(): void {
    this.#isOver = true
    this.#rouse()
  }

  async #acquireOrWait(): Promise<void> {
    while (this.#targets.some(({ error }) => error === undefined)) {
      this.#hasNews = false
      if (await this.#acquire()) return
      if (this.#isOver || this.#isAbandoned) return
      if (!this.#hasNews)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      await this.#prepareAgain()
    }
  }

  /** Finds the share partition, loaded, and has an eye on it. */
  async #prepare(target: Target): Promise<void> {
    try {
      const { topicId, partition } = target.id
      const share = this.#shares.use({ groupId: this.#wish.groupId, topicId, partition })
      this.#unwatch(target.share)
      target.share = share
      share.watch(this)
      share.partition.watch(this)
      if (!share.isLoaded) await share.load()
    } catch (error) {
      target.error = leaderError(error)
    }
  }

  /** What was given up meanwhile is looked for again. */
  async #prepareAgain(): Promise<void> {
    const lost = this.#targets.filter(({ share, error }) => error === undefined && share?.gone !== undefined)
    if (lost.length > 0) await Promise.all(lost.map((target) => this.#prepare(target)))
  }

  #unwatch(share: SharePartition | undefined): void {
    share?.unwatch(this)
    share?.partition.unwatch(this)
  }

  /** Whether anything was acquired. */
  async #acquire(): Promise<boolean> {
    const ready = this.#isAbandoned ? [] : this.#ready()
    if (ready.length === 0) return false
    const maxBytes = Math.max(1, Math.floor(this.#wish.maxBytes / ready.length))
    let remaining = this.#wish.maxRecords
    for (const { target, share } of ready) {
      if (remaining <= 0 || this.#isAbandoned) break
      const delivery = await this.#deliver(target, share, maxBytes, remaining)
      for (const { firstOffset, lastOffset } of delivery?.acquired ?? [])
        remaining -= lastOffset - firstOffset + 1
    }
    return remaining < this.#wish.maxRecords
  }

  /** Partitions with something to acquire, if it is enough in all. */
  #ready(): { readonly target: Target; readonly share: SharePartition }[] {
    const ready: { target: Target; share: SharePartition }[] = []
    let readableBytes = 0
    for (const target of this.#targets) {
      const { share, error } = target
      if (share === undefined || error !== undefined) continue
      const offset = share.nextFetchOffset()
      if (offset === undefined || share.isBusy) continue
      const bytes = share.partition.readableBytes(offset, isolationOf(share))
      if (bytes === 0) continue
      readableBytes += bytes
      ready.push({ target, share })
    }
    const isEnough = readableBytes >= Math.min(this.#wish.minBytes, this.#wish.maxBytes)
    return isEnough || this.#isOver ? ready : []
  }

  async #deliver(
    target: Target,
    share: SharePartition,
    maxBytes: number,
    maxRecords: number,
  ): Promise<ShareDelivery | undefined> {
    const offset = share.nextFetchOffset()
    if (offset === undefined || share.isBusy) return undefined
    const isolation = isolationOf(share)
    share.beginReading()
    try {
      const read = share.partition.read(offset, maxBytes, isolation, true)
      const slice = read instanceof Promise ? await read : read
      if (this.#isAbandoned) slice.release()
      else target.delivery = this.#acquireFrom(slice, target.id, share, offset, maxRecords)
    } catch (error) {
      target.error = leaderError(error)
    } finally {
      share.endReading()
    }
    return target.delivery
  }

  #acquireFrom(
    slice: LogSlice,
    id: SharePartitionId,
    share: SharePartition,
    fetchOffset: number,
    maxRecords: number,
  ): ShareDelivery | undefined {
    const { memberId, batchSize, isExact } = this.#wish
    const aborted = share.config.readsCommitted ? share.partition.abortedTransactions(slice) : []
    const read = new ReadRuns(slice.chunks, aborted)
    const acquired = share.acquire({ memberId, fetchOffset, runs: read.runs, maxRecords, batchSize, isExact })
    const first = acquired[0]
    const last = acquired.at(-1)
    if (first === undefined || last === undefined) {
      slice.release()
      return undefined
    }
    const chunks = read.slice(first.firstOffset, last.lastOffset)
    return { id, error: undefined, acquired, chunks, release: () => slice.release() }
  }
}

function isolationOf(share: SharePartition): IsolationLevel {
  return share.config.readsCommitted ? 'read_committed' : 'read_uncommitted'
}

function failed(id: SharePartitionId, error: KafkaError): ShareDelivery {
  return { id, error, acquired: [], chunks: [], release: nothing }
}
