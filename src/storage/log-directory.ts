/**
 * A data directory: all logs of a broker (or those on one disk), what they share, and the chores: flushing, checkpoints,
 * retention, removing what was deleted.
 *
 * Source: apache/kafka `LogManager.java`.
 */
import type { BufferPool } from '../runtime/buffer-pool.ts'
import type { Timer } from '../runtime/clock.ts'
import { DiskError, type DiskLock } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { KafkaError } from '../wire/errors.ts'
import { Checkpoints } from './checkpoints.ts'
import {
  clearCleanStop,
  type LogSummary,
  markCleanStop,
  readSummaries,
  wasStoppedCleanly,
} from './clean-stop.ts'
import { LogCleaner } from './compaction/cleaner.ts'
import { type CleanerConfig, defaultCleanerConfig } from './compaction/cleaner-config.ts'
import { DiskRoom } from './disk-room.ts'
import {
  DELETED_FOLDER_SUFFIX,
  deletedFolderName,
  folderName,
  METADATA_TOPIC,
  parseFolderName,
  strayFolderName,
} from './file-names.ts'
import { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { type LoadOptions, loadLog } from './log-loading.ts'
import { newLog, summarizedLog, summaryOf } from './log-opening.ts'
import { claimDirectory, type MetaProperties } from './meta-properties.ts'
import { Removals } from './removals.ts'
import { sharedContext } from './shared-context.ts'

const LOCK_FILE = '.lock'
/** How many logs are loaded, or flushed, at a time: as many as the thread pool has threads. */
const CONCURRENCY = 4

export interface LogDirectoryOptions {
  readonly nodeId: number
  /** The cluster that the directory must belong to; without it, the one it belongs to, or a new one. */
  readonly clusterId?: string
  /** The config of a topic whose log is found. */
  readonly configFor: (topic: string) => LogConfig
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs?: number
  /** `log.retention.check.interval.ms` */
  readonly retentionCheckIntervalMs?: number
  /** `log.flush.offset.checkpoint.interval.ms` */
  readonly checkpointIntervalMs?: number
  /** How often what was written is synced. */
  readonly flushIntervalMs?: number
  readonly tailCacheBytes?: number
  /** Free bytes below which appends are refused; left out, what suits the size of the disk. */
  readonly freeFloorBytes?: number
  readonly maxOpenFiles?: number
  /** Opens damaged logs cut where they are damaged, instead of quarantining them. */
  readonly acceptLoss?: boolean
  /** The configs of compaction, as they are now. */
  readonly cleaner?: () => CleanerConfig
  /** Put into the clean-shutdown marker; -1 if there is none. */
  readonly brokerEpoch?: () => number
}

const defaults = {
  producerIdExpirationMs: 24 * 3_600_000,
  retentionCheckIntervalMs: 300_000,
  checkpointIntervalMs: 60_000,
  flushIntervalMs: 1_000,
  tailCacheBytes: 64 * 1024 * 1024,
  maxOpenFiles: 8192,
  acceptLoss: false,
  cleaner: () => defaultCleanerConfig,
  brokerEpoch: () => -1,
}

type Settings = Required<Omit<LogDirectoryOptions, 'clusterId' | 'freeFloorBytes'>> &
  Pick<LogDirectoryOptions, 'freeFloorBytes'>

export class LogDirectory {
  readonly properties: MetaProperties
  /** Whether the last broker stopped in order. */
  readonly wasClean: boolean
  /** Whether the machine was restarted since that broker ran; `undefined` if that can't be told. */
  readonly machineRestarted: boolean | undefined

  /** `producer.id.expiration.ms`, which may change at any time. */
  producerIdExpirationMs: number

  readonly #runtime: Runtime
  readonly #settings: Settings
  readonly #lock: DiskLock
  readonly #context: LogContext
  readonly #room: DiskRoom
  readonly #removals: Removals
  readonly #checkpoints: Checkpoints
  readonly #cleaner: LogCleaner
  readonly #logs = new Map<string, Log>()
  #timers: Timer[] = []
  #chore: Promise<void> | undefined
  #checkpointedMs = 0
  #isClosed = false

  private constructor(runtime: Runtime, settings: Settings, lock: DiskLock, properties: MetaProperties) {
    this.#runtime = runtime
    this.#settings = settings
    this.producerIdExpirationMs = settings.producerIdExpirationMs
    this.#lock = lock
    this.properties = properties
    this.machineRestarted = lock.machineRestarted
    this.wasClean = wasStoppedCleanly(runtime.disk)
    this.#room = new DiskRoom(runtime.disk, settings.freeFloorBytes)
    this.#removals = new Removals(runtime.clock, runtime.disk, runtime.logger)
    this.#checkpoints = new Checkpoints(runtime)
    this.#context = {
      ...sharedContext(runtime, settings),
      isFull: () => this.#room.isFull,
      noteFull: () => this.#room.noteFull(),
      beforeCut: (name, offset) => {
        this.#checkpoints.lowerRecoveryPoint([...this.#logs.values()], name, offset)
        this.#checkpoints.lowerCleanedOffset(name, offset)
      },
      noteCleanable: (log) => this.#cleaner.noteCleanable(log),
      saveRecoveryPoint: (name, offset) => this.#saveRecoveryPoint(name, offset),
      saveLogStartOffsets: () => this.#checkpoints.writeLogStartOffsets([...this.#logs.values()]),
      removeLater: (paths, delayMs) => this.#removals.addFiles(paths, delayMs),
      removeFolder: (folder) => this.#removals.addFolder(folder),
    }
    this.#cleaner = new LogCleaner({
      logs: this.#context,
      config: settings.cleaner,
      offsets: {
        get: (name) => this.#checkpoints.cleanedOffsets.get(name),
        save: (name, offset) => this.#checkpoints.saveCleanedOffset([...this.#logs.values()], name, offset),
      },
      all: () => this.#logs.values(),
    })
  }

  /**
   * Takes the directory and opens its logs. Throws `DiskError` (`LOCKED` while another process has it) or an `Error` that
   * says what doesn't fit.
   */
  static async open(runtime: Runtime, options: LogDirectoryOptions): Promise<LogDirectory> {
    const lock = runtime.disk.lock(LOCK_FILE)
    try {
      const properties = claimDirectory(runtime, options.nodeId, options.clusterId)
      const directory = new LogDirectory(runtime, { ...defaults, ...options }, lock, properties)
      await directory.#load()
      directory.#startChores()
      return directory
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /**
   * Memory for records: what is read lies in it, and what is appended may. Appended batches that do are given back when
   * they have left the tail cache.
   */
  get buffers(): BufferPool {
    return this.#context.buffers
  }

  get logs(): Iterable<Log> {
    return this.#logs.values()
  }

  get isFull(): boolean {
    return this.#room.isFull
  }

  log(topic: string, partition: number): Log | undefined {
    return this.#logs.get(folderName(topic, partition))
  }

  /** Makes an empty log. Throws KafkaError KAFKA_STORAGE_ERROR. */
  createLog(topic: string, partition: number, topicId: string, config: LogConfig): Log {
    const name = folderName(topic, partition)
    if (this.#logs.has(name)) throw new KafkaError('KAFKA_STORAGE_ERROR', `${name} exists already`)
    try {
      const log = new Log(this.#context, newLog(this.#context, topic, partition, topicId, config))
      this.#logs.set(name, log)
      return log
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      throw new KafkaError('KAFKA_STORAGE_ERROR', error.message)
    }
  }

  /** Has somebody told of bytes that wait to be written, and with a minus of those that don't any more. */
  watchQueuedBytes(onQueuedBytes: (sizeBytes: number) => void): void {
    this.#context.writes.onQueuedBytes = onQueuedBytes
  }

  /** Takes a log away; its name is free at once, its files are removed later. */
  deleteLog(log: Log): void {
    this.#logs.delete(log.name)
    this.#checkpoints.cleanedOffsets.delete(log.name)
    log.delete(deletedFolderName(log.topic, log.partition, this.#unique()))
  }

  /** Takes a log away whose owner nobody knows. Its folder stays, under a name that no opening looks at, which is returned. */
  setAside(log: Log): string {
    this.#logs.delete(log.name)
    this.#checkpoints.cleanedOffsets.delete(log.name)
    const folder = strayFolderName(log.topic, log.partition, this.#unique())
    log.setAside(folder)
    return folder
  }

  /** Opens a quarantined log again, cut where it is damaged. */
  async acceptLoss(log: Log): Promise<Log> {
    const reopened = await this.#loadLog(log.name, log.topic, log.partition, {
      wasClean: false,
      recoveryPoint: 0,
      logStartOffset: log.logStartOffset,
      acceptLoss: true,
    })
    this.#logs.set(log.name, reopened)
    // The damage must not come back.
    await reopened.flush()
    return reopened
  }

  /** Syncs what was written since the last time and writes the checkpoints. Runs by itself each second. */
  runChores(): Promise<void> {
    this.#chore ??= this.#flushAndCheckpoint().finally(() => {
      this.#chore = undefined
    })
    return this.#chore
  }

  /** Compacts the logs that are worth it. Runs by itself as the cleaner's configs say. */
  compact(): Promise<void> {
    return this.#cleaner.runOnce()
  }

  /** Deletes what retention says, of all logs, and forgets idle producers. Runs by itself every few minutes. */
  applyRetention(): void {
    const nowMs = this.#runtime.clock.nowMs()
    for (const log of this.#logs.values()) {
      log.applyRetention(nowMs)
      log.producers.expire(nowMs, this.producerIdExpirationMs)
      for (const segment of log.segments) segment.dropIdleIndexes()
    }
  }

  /**
   * Writes everything out and gives the directory up. With all logs sound, the next opening needs no scan; with
   * `leavesUnclean` it finds what this one has found: that the broker before did not stop in order.
   */
  async close({ leavesUnclean = false } = {}): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    await this.#chore
    await this.#cleaner.stop()
    const logs = [...this.#logs.values()]
    const unsound = new Set<Log>(logs.filter((log) => log.state !== 'open'))
    const summaries = new Map<Log, LogSummary>()
    await eachOf(logs, async (log) => {
      try {
        await log.close()
        if (!unsound.has(log) && log.store.home.exists) summaries.set(log, summaryOf(log))
      } catch {
        // It has told the operators itself; what it has lost must be looked for at the next start.
        unsound.add(log)
      }
    })
    await this.#checkpoints.writeRecoveryPoints(logs)
    await this.#checkpoints.writeLogStartOffsets(logs)
    await this.#removals.stop()
    if (unsound.size === 0 && !leavesUnclean)
      markCleanStop(this.#runtime.disk, [...summaries.values()], this.#settings.brokerEpoch())
    this.#lock.release()
  }

  #unique(): string {
    return this.#runtime.random.bytes(16).toString('hex')
  }

  async #load(): Promise<void> {
    const { disk } = this.#runtime
    const summaries = this.wasClean ? readSummaries(disk) : new Map<string, LogSummary>()
    const toLoad: string[] = []
    for (const { name, isFolder } of disk.list('')) {
      if (isFolder && name.endsWith(DELETED_FOLDER_SUFFIX)) this.#removals.addFolder(name)
      else if (isFolder && !this.#openSummarized(summaries.get(name))) toLoad.push(name)
    }
    await eachOf(toLoad, async (name) => {
      const parsed = parseFolderName(name)
      if (parsed === undefined || parsed.topic === METADATA_TOPIC) return
      const log = await this.#loadLog(name, parsed.topic, parsed.partition, {
        wasClean: this.wasClean,
        recoveryPoint: this.#checkpoints.recoveryPoints.get(name) ?? 0,
        logStartOffset: this.#checkpoints.logStartOffsets.get(name) ?? 0,
        acceptLoss: this.#settings.acceptLoss,
      })
      this.#logs.set(name, log)
    })
    if (this.wasClean) await clearCleanStop(disk)
    this.#room.refresh()
  }

  #openSummarized(summary: LogSummary | undefined): boolean {
    if (summary === undefined) return false
    const loaded = summarizedLog(this.#context, summary, this.#settings.configFor(summary.topic))
    if (loaded === undefined) return false
    const log = new Log(this.#context, loaded)
    this.#logs.set(log.name, log)
    return true
  }

  async #loadLog(
    name: string,
    topic: string,
    partition: number,
    found: Pick<LoadOptions, 'wasClean' | 'recoveryPoint' | 'logStartOffset' | 'acceptLoss'>,
  ): Promise<Log> {
    const config = this.#settings.configFor(topic)
    const mayHaveLostCache = this.machineRestarted === true
    const log = new Log(
      this.#context,
      await loadLog(this.#context, name, { topic, partition, config, mayHaveLostCache, ...found }),
    )
    // Even if nothing is appended, what the scan has found out is worth writing down.
    log.isChanged = !found.wasClean
    if (log.damage !== undefined)
      this.#runtime.logger.error({ log: name, damage: log.damage }, 'The log is damaged and not served.')
    return log
  }

  #startChores(): void {
    const { clock } = this.#runtime
    const every = (index: number, intervalMs: number, action: () => void): void => {
      this.#timers[index] = clock.setTimer(intervalMs, () => {
        if (this.#isClosed) return
        action()
        every(index, intervalMs, action)
      })
    }
    every(0, this.#settings.flushIntervalMs, () => void this.runChores())
    every(1, this.#settings.retentionCheckIntervalMs, () => this.applyRetention())
    this.#cleaner.start()
  }

  async #saveRecoveryPoint(name: string, offset: number): Promise<void> {
    const log = this.#logs.get(name)
    if (log?.store.needsFlush) await log.flush()
    if ((this.#checkpoints.recoveryPoints.get(name) ?? 0) >= offset) return
    await this.#checkpoints.writeRecoveryPoints([...this.#logs.values()], true)
  }

  async #flushAndCheckpoint(): Promise<void> {
    if (this.#room.refresh()) {
      const fields = { ...this.#runtime.disk.space() }
      if (this.#room.isFull)
        this.#runtime.logger.error(fields, 'The disk is nearly full; appends are refused.')
      else this.#runtime.logger.info(fields, 'The disk has room again.')
    }
    this.#removals.run()
    const dirty = [...this.#logs.values()].filter((log) => log.state === 'open' && log.store.needsFlush)
    // A log that fails says so itself, to operators and to its partition.
    // One after the other: syncing takes long, and Node's four threads for files are needed for writing and reading.
    for (const log of dirty) await log.flush().catch(() => undefined)
    await this.#checkpoints.writeLogStartOffsets([...this.#logs.values()])
    const nowMs = this.#runtime.clock.monotonicMs()
    if (nowMs - this.#checkpointedMs < this.#settings.checkpointIntervalMs) return
    this.#checkpointedMs = nowMs
    await this.#checkpoints.writeRecoveryPoints([...this.#logs.values()])
  }
}

async function eachOf<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await action(item)
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, work))
}
