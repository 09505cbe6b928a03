import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'

/**
 * `open`: in order. `quarantined`: its files are damaged; it serves nothing until it is opened with `acceptLoss`.
 * `failed`: the medium has failed under it; it serves nothing until the next start. `closed`: by its owner.
 */
export type LogState = 'open' | 'quarantined' | 'failed' | 'closed'

/** A log as it was found, or made. */
export interface LoadedLog {
  readonly topic: string
  readonly partition: number
  /** In Kafka's form; the zero id where the folder doesn't tell. */
  readonly topicId: string
  readonly folder: string
  readonly settings: { config: LogConfig }
  readonly segments: readonly Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  /** Why the log can't be served, if it can't. */
  readonly damage: string | undefined
  /** Whether there is a folder already; a log without one is empty, and gets one when there is something to write. */
  readonly hasFolder: boolean
  /** Whether the folder was made just now, and may not outlive a power cut. */
  readonly isNew: boolean
  /** Whether the same goes for what is in the folder. */
  readonly isUnsynced: boolean
}
