import type { ShareEnvironment } from '../../coordinator/share/share-environment.ts'
import {
  ShareCoordinator,
  type SharePartitionStates,
} from '../../coordinator/share-state/share-coordinator.ts'
import { SHARE_GROUP_STATE } from '../../replication/topic-name.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { BrokerConfigs } from '../configs/broker-configs.ts'
import { GroupConfigs } from '../configs/group-configs.ts'
import { readShareGroupConfig, type ShareGroupConfig } from '../configs/share-group-config.ts'
import { CoordinatorHosting, type HostingParts } from '../coordinator-hosting.ts'
import { partitionCounter } from '../internal-topics.ts'
import { DeadLetterTopics } from './dead-letters/dead-letter-topics.ts'
import { DeadLetterWriter } from './dead-letters/dead-letter-writer.ts'
import { LocalShareStates } from './local-share-states.ts'
import type { ShareFetch } from './share-fetch.ts'
import { SharePartitions } from './share-partitions.ts'
import { type ShareSession, ShareSessions } from './share-sessions.ts'

export interface ShareServiceOptions extends HostingParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly configs: BrokerConfigs
  readonly makeDeadLetterTopic: (name: string) => Promise<void>
}

/** Everything about share groups on this broker but the groups themselves: states, share partitions, sessions. */
export class ShareService implements ShareEnvironment {
  readonly hosting: CoordinatorHosting
  readonly states: SharePartitionStates
  readonly shares: SharePartitions
  readonly sessions: ShareSessions
  readonly clock: Clock
  readonly #coordinator: ShareCoordinator
  readonly #configs: GroupConfigs<ShareGroupConfig>
  readonly #broker: BrokerConfigs
  readonly #logger: Logger
  readonly #deadLetters: DeadLetterWriter
  /** Fetches under way, by their session: they end with it. */
  readonly #fetches = new Map<ShareSession, Set<ShareFetch>>()

  constructor(options: ShareServiceOptions) {
    const { clock, logger, configs, metadata, partitions } = options
    const current = () => configs.current()
    this.clock = clock
    this.#logger = logger
    this.#configs = new GroupConfigs(configs, readShareGroupConfig)
    this.#broker = configs
    this.#coordinator = new ShareCoordinator({
      clock,
      logger,
      updatesPerSnapshot: () => current().share.updatesPerSnapshot,
      coldSnapshotIntervalMs: () => current().share.coldSnapshotIntervalMs,
      pruneIntervalMs: () => current().share.pruneIntervalMs,
      partitionExists: (topicId, partition) =>
        metadata.image.topicById(topicId)?.partitions[partition] !== undefined,
      partitionCount: partitionCounter(
        SHARE_GROUP_STATE,
        metadata,
        () => current().shareStateTopic.numPartitions,
      ),
      deleteBelow: (index, offset) => {
        const partition = partitions.get(SHARE_GROUP_STATE, index)
        if (partition?.isLeader === true && offset > partition.log.logStartOffset)
          partition.log.deleteRecordsBefore(Math.min(offset, partition.highWatermark))
      },
    })
    this.hosting = new CoordinatorHosting(SHARE_GROUP_STATE, this.#coordinator, options)
    this.states = new LocalShareStates(this.#coordinator, this.hosting)
    const config = (groupId: string) => this.config(groupId)
    const topics = new DeadLetterTopics({ metadata, configs, makeTopic: options.makeDeadLetterTopic })
    this.#deadLetters = new DeadLetterWriter({ clock, logger, metadata, partitions, topics, config })
    this.shares = new SharePartitions({
      clock,
      logger,
      metadata,
      partitions,
      config,
      states: this.states,
      deadLetters: this.#deadLetters,
    })
    this.sessions = new ShareSessions(
      () => current().share.maxSessions,
      (session) => this.#onEnd(session),
    )
  }

  /** group.share.max.size. */
  maxSize(): number {
    return this.#broker.current().share.maxSize
  }

  /** A member has left its group, or was removed. */
  memberGone(groupId: string, memberId: string): void {
    this.sessions.memberGone(groupId, memberId)
    void this.#release(groupId, memberId)
  }

  /** Nobody is in the group any more, or its offsets were set. */
  groupReset(groupId: string): void {
    this.shares.forgetGroup(groupId)
  }

  config(groupId: string): ShareGroupConfig {
    return this.#configs.of(groupId)
  }

  /** Topics are gone, and with them what was delivered of them. */
  topicsDeleted(topicIds: readonly string[]): void {
    this.shares.topicsDeleted(new Set(topicIds))
    this.#coordinator.topicsDeleted(topicIds)
  }

  /** Keeps a fetch in sight, which ends when its session does. */
  async during<T>(session: ShareSession, fetch: ShareFetch, run: () => Promise<T>): Promise<T> {
    const fetches = this.#fetches.get(session) ?? new Set()
    this.#fetches.set(session, fetches.add(fetch))
    try {
      return await run()
    } finally {
      fetches.delete(fetch)
      if (fetches.size === 0) this.#fetches.delete(session)
    }
  }

  /** Takes back what a member has acquired; resolves when that is stored. */
  async #release(groupId: string, memberId: string): Promise<void> {
    await Promise.all(
      this.shares.ofGroup(groupId).map(async (share) => {
        try {
          await share.release(memberId)
        } catch (error) {
          if (!(error instanceof KafkaError)) throw error
          // It is free all the same when its lock ends.
          this.#logger.warn({ ...share.key, error: error.error }, 'released records could not be stored')
        }
      }),
    )
  }

  close(): void {
    this.#deadLetters.close()
    this.shares.close()
    this.#coordinator.close()
  }

  #onEnd(session: ShareSession): Promise<void> {
    for (const fetch of this.#fetches.get(session) ?? []) fetch.abandon()
    return this.#release(session.groupId, session.memberId)
  }
}
