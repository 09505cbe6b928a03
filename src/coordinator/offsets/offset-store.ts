/** What a group has committed for one partition. */
export interface CommittedOffset {
  readonly offset: number
  /** Epoch of the last consumed record, -1 if the client didn't say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** When it goes, as versions 2 to 4 of OffsetCommit could ask; -1 for the broker's own rule. */
  readonly expireTimestampMs: number
  /** The incarnation of the topic that was consumed; the zero id when it was not recorded. */
  readonly topicId: string
  /** Where the record lies in the log: of two commits the later one counts. */
  readonly recordOffset: number
}

export type OffsetsByPartition = ReadonlyMap<number, CommittedOffset>
export type OffsetsByTopic = ReadonlyMap<string, OffsetsByPartition>

const NO_TOPICS: OffsetsByTopic = new Map()

/** Offsets by group, topic and partition. An entry disappears with the last thing in it. */
class OffsetTree {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()

  topics(groupId: string): OffsetsByTopic {
    return this.#groups.get(groupId) ?? NO_TOPICS
  }

  groupIds(): IterableIterator<string> {
    return this.#groups.keys()
  }

  put(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    const topics = this.#groups.get(groupId) ?? new Map<string, Map<number, CommittedOffset>>()
    const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>()
    if (partitions.size === 0) topics.set(topic, partitions)
    if (topics.size === 1) this.#groups.set(groupId, topics)
    partitions.set(partition, committed)
  }

  remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}

/**
 * The committed offsets of all groups of one shard. Written only by records of the log, live and in a replay alike.
 * Offsets committed inside a transaction wait apart until its marker (KIP-98).
 */
export class OffsetStore {
  readonly #committed = new OffsetTree()
  readonly #pending = new Map<number, OffsetTree>()

  /** Committed offsets of a group; empty if there are none. */
  topics(groupId: string): OffsetsByTopic {
    return this.#committed.topics(groupId)
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.topics(groupId).get(topic)?.get(partition)
  }

  has(groupId: string): boolean {
    return this.#committed.topics(groupId).size > 0 || this.hasOpenTransaction(groupId)
  }

  /** Groups that hold offsets, those in open transactions included. */
  groupIds(): Set<string> {
    const ids = new Set(this.#committed.groupIds())
    for (const tree of this.#pending.values()) for (const groupId of tree.groupIds()) ids.add(groupId)
    return ids
  }

  hasOpenTransaction(groupId: string): boolean {
    for (const tree of this.#pending.values()) if (tree.topics(groupId).size > 0) return true
    return false
  }

  /** Whether an open transaction may still change the offset (KIP-447). */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    for (const tree of this.#pending.values())
      if (tree.topics(groupId).get(topic)?.has(partition) === true) return true
    return false
  }

  /** Offsets of a group that stand in open transactions, by topic. */
  *pendingTopics(groupId: string): Generator<OffsetsByTopic> {
    for (const tree of this.#pending.values()) yield tree.topics(groupId)
  }

  /** Applies a record: `producerId` -1 outside of transactions, `committed` undefined for a tombstone. */
  apply(
    producerId: number,
    groupId: string,
    topic: string,
    partition: number,
    committed: CommittedOffset | undefined,
  ): void {
    if (committed === undefined) {
      this.#committed.remove(groupId, topic, partition)
      for (const tree of this.#pending.values()) tree.remove(groupId, topic, partition)
    } else if (producerId === -1) this.#committed.put(groupId, topic, partition, committed)
    else this.#pendingOf(producerId).put(groupId, topic, partition, committed)
  }

  /** Applies the marker that ends the producer's transaction. */
  applyMarker(producerId: number, isCommit: boolean): void {
    const tree = this.#pending.get(producerId)
    this.#pending.delete(producerId)
    if (tree === undefined || !isCommit) return
    for (const groupId of tree.groupIds())
      for (const [topic, partitions] of tree.topics(groupId))
        for (const [partition, committed] of partitions)
          this.#putIfLater(groupId, topic, partition, committed)
  }

  /** A commit made beside the transaction, after it, is not undone by the transaction's end. */
  #putIfLater(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    const present = this.get(groupId, topic, partition)
    if (present !== undefined && present.recordOffset > committed.recordOffset) return
    this.#committed.put(groupId, topic, partition, committed)
  }

  #pendingOf(producerId: number): OffsetTree {
    const tree = this.#pending.get(producerId) ?? new OffsetTree()
    this.#pending.set(producerId, tree)
    return tree
  }
}
