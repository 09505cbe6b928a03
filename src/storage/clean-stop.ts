/**
 * What a clean stop leaves: Kafka's marker, which says that the files are what they should be, and beside it a summary
 * of all logs, so that ten thousand of them are open again after one look at each. The summary is a cache: it counts
 * only with the marker and if its CRC is right, and for a log only if the active segment still has the size it tells;
 * another broker that used the directory in between takes the marker away or changes sizes.
 */
import type { Disk } from '../runtime/disk.ts'
import { crc32c } from '../wire/crc32c.ts'
import type { EpochEntry } from './leader-epochs.ts'

/** Source: apache/kafka `CleanShutdownFileHandler.java`. */
export const CLEAN_STOP_FILE = '.kafka_cleanshutdown'
export const SUMMARY_FILE = '.log-summary.json'

export interface LogSummary {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly epochs: readonly EpochEntry[]
  /** Base offset and size of each segment, in order. */
  readonly segments: readonly (readonly [baseOffset: number, sizeBytes: number])[]
  /** Whether there is a producer snapshot as of the log's end. */
  readonly hasProducers: boolean
}

const VERSION = 2

export function wasStoppedCleanly(disk: Disk): boolean {
  return disk.sizeOf(CLEAN_STOP_FILE) !== undefined
}

/** The last thing that a clean stop does. */
export function markCleanStop(disk: Disk, summaries: readonly LogSummary[], brokerEpoch: number): void {
  const marker = JSON.stringify({ version: 0, brokerEpoch })
  const logs = JSON.stringify(summaries.map(pack))
  disk.replaceWhole(SUMMARY_FILE, JSON.stringify({ version: VERSION, marker, crc: crcOf(logs), logs }))
  disk.replaceWhole(CLEAN_STOP_FILE, marker)
}

/** Takes the marker away before anything is changed; resolves when a power cut can't bring it back. */
export async function clearCleanStop(disk: Disk): Promise<void> {
  disk.remove(SUMMARY_FILE)
  disk.remove(CLEAN_STOP_FILE)
  await disk.syncFolder('')
}

/** The summaries by folder name; none where the file is missing or not understood. */
export function readSummaries(disk: Disk): Map<string, LogSummary> {
  const summaries = new Map<string, LogSummary>()
  const text = disk.readWhole(SUMMARY_FILE)?.toString('utf8')
  const parsed = text === undefined ? undefined : parseJson(text)
  // Kafka leaves the summary lying, but writes a marker of its own.
  const marker = disk.readWhole(CLEAN_STOP_FILE)?.toString('utf8')
  if (!isSummaryFile(parsed) || parsed.marker !== marker || parsed.crc !== crcOf(parsed.logs))
    return summaries
  const logs = parseJson(parsed.logs)
  if (!Array.isArray(logs)) return summaries
  for (const packed of logs) {
    const summary = unpack(packed)
    if (summary !== undefined) summaries.set(`${summary.topic}-${summary.partition}`, summary)
  }
  return summaries
}

// Rows rather than objects: the file is read in one go, and names would be most of it.
function pack(summary: LogSummary): unknown {
  return [
    summary.topic,
    summary.partition,
    summary.topicId,
    summary.logStartOffset,
    summary.logEndOffset,
    summary.epochs.map(({ epoch, startOffset }) => [epoch, startOffset]),
    summary.segments,
    summary.hasProducers,
  ]
}

function unpack(packed: unknown): LogSummary | undefined {
  if (!Array.isArray(packed)) return undefined
  const row: readonly unknown[] = packed
  const [topic, partition, topicId, logStartOffset, logEndOffset, epochRows, segmentRows, hasProducers] = row
  const epochs = pairsOf(epochRows)
  const segments = pairsOf(segmentRows)
  if (typeof topic !== 'string' || typeof partition !== 'number' || typeof topicId !== 'string')
    return undefined
  if (typeof logStartOffset !== 'number' || typeof logEndOffset !== 'number') return undefined
  if (epochs === undefined || segments === undefined || segments.length === 0) return undefined
  return {
    topic,
    partition,
    topicId,
    logStartOffset,
    logEndOffset,
    epochs: epochs.map(([epoch, startOffset]) => ({ epoch, startOffset })),
    segments,
    hasProducers: hasProducers === true,
  }
}

function pairsOf(rows: unknown): (readonly [number, number])[] | undefined {
  if (!Array.isArray(rows)) return undefined
  const pairs: (readonly [number, number])[] = []
  for (const row of rows) {
    if (!Array.isArray(row)) return undefined
    const [first, second]: readonly unknown[] = row
    if (typeof first !== 'number' || typeof second !== 'number') return undefined
    pairs.push([first, second])
  }
  return pairs
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isSummaryFile(value: unknown): value is { marker: unknown; crc: unknown; logs: string } {
  if (typeof value !== 'object' || value === null) return false
  if (!('version' in value) || !('marker' in value) || !('crc' in value) || !('logs' in value)) return false
  return value.version === VERSION && typeof value.logs === 'string'
}

function crcOf(text: string): number {
  return crc32c(Buffer.from(text))
}
