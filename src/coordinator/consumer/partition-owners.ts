import type { EpochAssignment } from '../modern/assignment.ts'
import { ForkedMap } from '../modern/forked-map.ts'

/** Which member has which partition, also while it is giving it back. */
export class PartitionOwners {
  readonly #topics: ForkedMap<string, ForkedMap<number, string>>
  /** Topics whose partitions may be written: those of a fork are the original's until they are. */
  readonly #own = new Set<string>()
  readonly #isFork: boolean

  constructor(topics = new ForkedMap<string, ForkedMap<number, string>>(), isFork = false) {
    this.#topics = topics
    this.#isFork = isFork
  }

  fork(): PartitionOwners {
    return new PartitionOwners(this.#topics.fork(), true)
  }

  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#topics.get(topicId)?.get(partition)
  }

  take(assignment: EpochAssignment, memberId: string): void {
    for (const [topicId, partitions] of assignment) {
      const owners = this.#writable(topicId)
      for (const partition of partitions.keys()) owners.set(partition, memberId)
    }
  }

  /** Partitions that another member has taken meanwhile stay with it. */
  release(assignment: EpochAssignment, memberId: string): void {
    for (const [topicId, partitions] of assignment) {
      const owners = this.#writable(topicId)
      for (const partition of partitions.keys())
        if (owners.get(partition) === memberId) owners.delete(partition)
      if (owners.size === 0) this.#topics.delete(topicId)
    }
  }

  #writable(topicId: string): ForkedMap<number, string> {
    const known = this.#topics.get(topicId)
    if (known !== undefined && (!this.#isFork || this.#own.has(topicId))) return known
    const owners = known?.fork() ?? new ForkedMap<number, string>()
    this.#topics.set(topicId, owners)
    this.#own.add(topicId)
    return owners
  }
}
