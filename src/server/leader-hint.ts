import type { MetadataImage, PartitionImage } from '../replication/metadata/image.ts'
import { errorCodes } from '../wire/errors.ts'
import type { Endpoints } from './endpoints.ts'
import type { ConnectionInfo } from './handler.ts'

/** Where a partition's leader is, for a client that asked the wrong broker (KIP-951). */
export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Whether an error says that the client's knowledge of the leader is out of date. */
export function wantsLeaderHint(errorCode: number): boolean {
  return errorCode === errorCodes.NOT_LEADER_OR_FOLLOWER || errorCode === errorCodes.FENCED_LEADER_EPOCH
}

/** Gathers the leaders that an answer names, each with its address once. */
export class LeaderHints {
  readonly #brokers = new Map<number, NodeEndpoint>()

  constructor(
    private readonly image: MetadataImage,
    private readonly endpoints: Endpoints,
    private readonly connection: ConnectionInfo,
  ) {}

  /** -1 and -1 when the leader isn't known: zeros would send the client to node 0. */
  of(partition: PartitionImage | undefined): LeaderHint {
    const broker = partition === undefined ? undefined : this.image.brokers.get(partition.leader)
    if (partition === undefined || broker === undefined) return { leaderId: -1, leaderEpoch: -1 }
    const address = this.endpoints.of(broker, this.connection)
    this.#brokers.set(broker.id, { nodeId: broker.id, ...address, rack: broker.rack })
    return { leaderId: broker.id, leaderEpoch: partition.leaderEpoch }
  }

  /** For answers that always name a leader: zeros where no error asks for one. */
  ofShared(topicId: string, partition: number, ...errors: readonly number[]): LeaderHint {
    if (!errors.some(wantsLeaderHint)) return { leaderId: 0, leaderEpoch: 0 }
    return this.of(this.image.topicById(topicId)?.partitions[partition])
  }

  get nodeEndpoints(): readonly NodeEndpoint[] {
    return [...this.#brokers.values()]
  }
}
