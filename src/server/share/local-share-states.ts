import type { Soon } from '../../coordinator/shard.ts'
import type {
  ShareCoordinator,
  SharePartitionStates,
} from '../../coordinator/share-state/share-coordinator.ts'
import type { SharePartitionKey } from '../../coordinator/share-state/share-partition-key.ts'
import type { SharePartitionWrite } from '../../coordinator/share-state/share-state.ts'
import type {
  SharePartitionRead,
  SharePartitionSummary,
} from '../../coordinator/share-state/share-state-shard.ts'
import type { CoordinatorHosting } from '../coordinator-hosting.ts'

/** The states of share partitions as this broker's own coordinator keeps them. The topic is made when it is first needed. */
export class LocalShareStates implements SharePartitionStates {
  readonly #coordinator: ShareCoordinator
  readonly #hosting: CoordinatorHosting

  constructor(coordinator: ShareCoordinator, hosting: CoordinatorHosting) {
    this.#coordinator = coordinator
    this.#hosting = hosting
  }

  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): Promise<void> {
    return this.#ask(() => this.#coordinator.initialize(key, stateEpoch, startOffset))
  }

  read(key: SharePartitionKey, leaderEpoch: number): Promise<SharePartitionRead> {
    return this.#ask(() => this.#coordinator.read(key, leaderEpoch))
  }

  summary(key: SharePartitionKey): Promise<SharePartitionSummary> {
    return this.#ask(() => this.#coordinator.summary(key))
  }

  write(key: SharePartitionKey, write: SharePartitionWrite): Promise<void> {
    return this.#ask(() => this.#coordinator.write(key, write))
  }

  delete(key: SharePartitionKey): Promise<void> {
    return this.#ask(() => this.#coordinator.delete(key))
  }

  async #ask<T>(question: () => Soon<T>): Promise<T> {
    if (!this.#hosting.isReady) await this.#hosting.ready()
    return await question()
  }
}
