/** The checkpoints of offsets in a data directory: how far each log is on the medium, and where it begins. */
import type { Runtime } from '../runtime/runtime.ts'
import {
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
}

export class Checkpoints {
  readonly recoveryPoints: Map<string, number>
  readonly logStartOffsets: Map<string, number>
  readonly #runtime: Runtime

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.recoveryPoints = read(runtime, RECOVERY_POINT_FILE)
    this.logStartOffsets = read(runtime, LOG_START_OFFSET_FILE)
  }

  async write(logs: readonly CheckpointedLog[]): Promise<void> {
    const starts = rows(logs, (log) => log.logStartOffset)
    // Noted first: a cut meanwhile must know what the file is about to say.
    for (const log of logs) this.recoveryPoints.set(log.name, log.recoveryPoint)
    const points = rows(logs, (log) => log.recoveryPoint)
    try {
      await this.#runtime.disk.replaceWholeAsync(RECOVERY_POINT_FILE, encodeOffsetCheckpoint(points))
      await this.#runtime.disk.replaceWholeAsync(LOG_START_OFFSET_FILE, encodeOffsetCheckpoint(starts))
    } catch (error) {
      // Older checkpoints only make the next opening scan more.
      this.#runtime.logger.warn({ error }, 'The checkpoints could not be written.')
    }
  }

  /** Sees to it that the file names no recovery point of that log beyond `offset`, now. */
  lowerRecoveryPoint(logs: readonly CheckpointedLog[], name: string, offset: number): void {
    if ((this.recoveryPoints.get(name) ?? 0) <= offset) return
    this.recoveryPoints.set(name, offset)
    const points = rows(logs, (log) => Math.min(log.recoveryPoint, this.recoveryPoints.get(log.name) ?? 0))
    this.#runtime.disk.replaceWhole(RECOVERY_POINT_FILE, encodeOffsetCheckpoint(points))
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
