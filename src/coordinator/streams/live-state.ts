import type { GroupTopics } from '../group-topics.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import type { Topology } from './topology.ts'

/** By subtopology and partition. */
export type TaskOffsets = ReadonlyMap<string, ReadonlyMap<number, number>>

/** How a topology stands with the topics of a cluster. */
export interface TopologySeen {
  readonly topology: Topology
  readonly topics: GroupTopics['topics']
  readonly hash: bigint
  readonly configured: ConfiguredTopology
}

/** What a coordinator knows of a group that isn't in the log, as in Kafka: the next one does without. */
export interface LiveState {
  readonly seen: TopologySeen | undefined
  /** Tells members whether they know where state can be asked for. */
  readonly endpointEpoch: number
  /** Who has asked for the whole application to stop; forgotten when nobody is left. */
  readonly shutdownMemberId: string | undefined
  /** How far members say they are with their tasks' state. */
  readonly taskOffsets: ReadonlyMap<
    string,
    { readonly offsets: TaskOffsets; readonly endOffsets: TaskOffsets }
  >
  /** A group that was empty waits for more members before it assigns anything. */
  readonly isDelayed: boolean
}

export const nothingLive: LiveState = {
  seen: undefined,
  endpointEpoch: 0,
  shutdownMemberId: undefined,
  taskOffsets: new Map(),
  isDelayed: false,
}
