/** The checkpoints of offsets in a data directory: how far each log is on the medium, and where it begins. */
import type { Runtime } from '../runtime/runtime.ts'
import {
  CLEANER_OFFSET_FILE,
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
  LOG_START_OFFSET_FILE,
  type PartitionOffset,
  RECOVERY_POINT_FILE,
} from './checkpoint-file.ts'

/** The part of a log that the checkpoints tell of. */
export interface CheckpointedLog {
  readonly topic: string
  readonly partition: number
  readonly name: string
  readonly recoveryPoint: number
  readonly logStartOffset: number
  /** Whether the file is behind. */
  startOffsetChanged: boolean
}

export class Checkpoints {
  readonly recoveryPoints: Map<string, number>
  readonly logStartOffsets: Map<string, number>
  /** How far each log was compacted. */
  readonly cleanedOffsets: Map<string, number>
  readonly #runtime: Runtime
  #writingStarts: Promise<void> = Promise.resolve()
  readonly #writing = new Map<string, Promise<void>>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.recoveryPoints = read(runtime, RECOVERY_POINT_FILE)
    this.logStartOffsets = read(runtime, LOG_START_OFFSET_FILE)
    this.cleanedOffsets = read(runtime, CLEANER_OFFSET_FILE)
  }

  /** With `mustSucceed`, rejects when the file can't be written. */
  async writeRecoveryPoints(logs: readonly CheckpointedLog[], mustSucceed = false): Promise<void> {
    // Noted first: a cut meanwhile must know what the file is about to say.
    for (const log of logs) this.recoveryPoints.set(log.name, log.recoveryPoint)
    const points = (): PartitionOffset[] =>
      rows(logs, (log) => Math.min(log.recoveryPoint, this.recoveryPoints.get(log.name) ?? 0))
    if (mustSucceed) await this.#replace(RECOVERY_POINT_FILE, points)
    else await this.#write(RECOVERY_POINT_FILE, points)
  }

  /** Writes the log start offsets if one has changed. */
  async writeLogStartOffsets(logs: readonly CheckpointedLog[]): Promise<void> {
    // One at a time, and the last one to come finds its offset written.
    await this.#writingStarts
    if (!logs.some((log) => log.startOffsetChanged)) return
    for (const log of logs) log.startOffsetChanged = false
    this.#writingStarts = this.#write(LOG_START_OFFSET_FILE, () => rows(logs, (log) => log.logStartOffset))
    await this.#writingStarts
  }

  /** Sees to it that the file names no recovery point of that log beyond `offset`, now. */
  lowerRecoveryPoint(logs: readonly CheckpointedLog[], name: string, offset: number): void {
    if ((this.recoveryPoints.get(name) ?? 0) <= offset) return
    this.recoveryPoints.set(name, offset)
    const points = rows(logs, (log) => Math.min(log.recoveryPoint, this.recoveryPoints.get(log.name) ?? 0))
    this.#runtime.disk.replaceWhole(RECOVERY_POINT_FILE, encodeOffsetCheckpoint(points))
  }

  /** Notes that a log was compacted up to `offset`. */
  async saveCleanedOffset(logs: readonly CheckpointedLog[], name: string, offset: number): Promise<void> {
    this.cleanedOffsets.set(name, offset)
    const cleaned = logs.filter((log) => this.cleanedOffsets.has(log.name))
    await this.#write(CLEANER_OFFSET_FILE, () =>
      rows(cleaned, (log) => this.cleanedOffsets.get(log.name) ?? 0),
    )
  }

  /** A log was cut: from `offset` on it will have something else. */
  lowerCleanedOffset(name: string, offset: number): void {
    if ((this.cleanedOffsets.get(name) ?? 0) > offset) this.cleanedOffsets.set(name, offset)
  }

  #replace(file: string, offsets: () => readonly PartitionOffset[]): Promise<void> {
    const written = this.#writing.get(file) ?? Promise.resolve()
    // One at a time for each file, and each with what is true by then.
    const writing = written.then(() =>
      this.#runtime.disk.replaceWholeAsync(file, encodeOffsetCheckpoint(offsets())),
    )
    this.#writing.set(
      file,
      writing.catch(() => undefined),
    )
    return writing
  }

  async #write(file: string, offsets: () => readonly PartitionOffset[]): Promise<void> {
    try {
      await this.#replace(file, offsets)
    } catch (error) {
      // Older checkpoints only make the next opening scan more, or bring deleted records back.
      this.#runtime.logger.warn({ error, file }, 'The checkpoint could not be written.')
    }
  }
}

function rows(
  logs: readonly CheckpointedLog[],
  offsetOf: (log: CheckpointedLog) => number,
): PartitionOffset[] {
  return logs.map((log) => ({ topic: log.topic, partition: log.partition, offset: offsetOf(log) }))
}

/** Offsets by folder name. A checkpoint that isn't whole is as good as none: more is scanned. */
function read(runtime: Runtime, file: string): Map<string, number> {
  const text = runtime.disk.readWhole(file)?.toString('utf8')
  const offsets = text === undefined ? new Map<string, number>() : decodeOffsetCheckpoint(text)
  if (offsets === undefined) runtime.logger.warn({ file }, 'The checkpoint is not whole and is left aside.')
  return offsets ?? new Map<string, number>()
}
