/** Ways in which a log comes to be without reading its batches: it is new, or a clean stop has left a summary of it. */
import type { LogSummary } from './clean-stop.ts'
import { folderName, LOG_SUFFIX, offsetFileName } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LoadedLog } from './loaded-log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { readSnapshot } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import { Segment } from './segment.ts'

/** A new log. Its folder is made when there is something to write, so that making ten thousand of them touches no disk. */
export function newLog(
  context: LogContext,
  topic: string,
  partition: number,
  topicId: string,
  config: LogConfig,
): LoadedLog {
  const folder = folderName(topic, partition)
  const settings = { config }
  return {
    topic,
    partition,
    topicId,
    folder,
    settings,
    segments: [segmentOf(context, folder, settings, 0)],
    logStartOffset: 0,
    logEndOffset: 0,
    recoveryPoint: 0,
    producers: new ProducerState(folder),
    epochs: new LeaderEpochs(),
    damage: undefined,
    hasFolder: false,
    isNew: true,
    isUnsynced: false,
  }
}

/** The log as a clean stop has left it; `undefined` if the folder isn't what the summary tells. */
export function summarizedLog(
  context: LogContext,
  summary: LogSummary,
  config: LogConfig,
): LoadedLog | undefined {
  const { topic, partition, logEndOffset } = summary
  const folder = folderName(topic, partition)
  const active = summary.segments[summary.segments.length - 1]
  if (active === undefined) return undefined
  const activePath = `${folder}/${offsetFileName(active[0], LOG_SUFFIX)}`
  if ((context.disk.sizeOf(activePath) ?? 0) !== active[1]) return undefined
  const producers = new ProducerState(folder)
  if (summary.hasProducers) {
    const entries = readSnapshot(context.disk, folder, logEndOffset)
    if (entries === undefined) return undefined
    producers.reset(entries)
  }
  const settings = { config }
  const segments = summary.segments.map(([baseOffset, sizeBytes], index) => {
    const endOffset = summary.segments[index + 1]?.[0] ?? logEndOffset
    return segmentOf(context, folder, settings, baseOffset, { sizeBytes, endOffset })
  })
  return {
    ...summary,
    folder,
    settings,
    segments,
    recoveryPoint: logEndOffset,
    producers,
    epochs: new LeaderEpochs(summary.epochs),
    damage: undefined,
    hasFolder: true,
    // What names the folder is synced with the first data.
    isNew: segments.every(({ sizeBytes }) => sizeBytes === 0),
    isUnsynced: false,
  }
}

/** What of a log goes into the summary of a clean stop. */
interface SummarizedLog extends Pick<LogSummary, 'topic' | 'partition' | 'topicId'> {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly epochs: LeaderEpochs
  readonly segments: readonly Segment[]
  readonly producers: ProducerState
}

export function summaryOf(log: SummarizedLog): LogSummary {
  const { topic, partition, topicId, logStartOffset, logEndOffset } = log
  return {
    topic,
    partition,
    topicId,
    logStartOffset,
    logEndOffset,
    epochs: log.epochs.entries,
    segments: log.segments.map(({ baseOffset, sizeBytes }) => [baseOffset, sizeBytes]),
    hasProducers: log.producers.size > 0,
  }
}

/** An object for a segment's file, which may not be there yet. */
export function segmentOf(
  context: LogContext,
  folder: string,
  owner: { readonly config: LogConfig },
  baseOffset: number,
  content?: { readonly sizeBytes: number; readonly endOffset: number },
): Segment {
  const { segmentJitterMs } = owner.config
  const jitterMs = segmentJitterMs > 0 ? context.random.below(segmentJitterMs) : 0
  const createdMs = context.clock.nowMs()
  return new Segment(context.files, { folder, baseOffset, jitterMs, createdMs, owner }, content)
}
