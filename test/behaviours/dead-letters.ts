/** Share groups with dead-letter topics (KIP-1191), over raw frames. */
import { expect } from 'vitest'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { readShareGroupStateSummary } from '../../src/wire/apis/read-share-group-state-summary.ts'
import { errorName } from '../../src/wire/errors.ts'
import { type TestBroker, uniqueName } from './broker.ts'
import {
  batch,
  fetched,
  NO_TOPIC,
  newTopic,
  produced,
  ready,
  recordsIn,
  type Topic,
  topicSpec,
} from './requests.ts'
import { newShareGroup, ShareMember } from './share-member.ts'

export const resources = { TOPIC: 2, BROKER: 4, GROUP: 32 } as const

/** Why a record is a dead letter, in its own words. */
export const REJECTED = 'Offset rejected by client.'
export const EXCEEDED = 'Offset delivery count exceeded the threshold.'

/** Configs: of the group, of the topic, of the broker. */
export const TOPIC_NAME = 'errors.deadletterqueue.topic.name'
export const COPY = 'errors.deadletterqueue.copy.record.enable'
export const ENABLE = 'errors.deadletterqueue.group.enable'
export const AUTO_CREATE = 'errors.deadletterqueue.auto.create.topics.enable'
export const PREFIX = 'errors.deadletterqueue.topic.name.prefix'

/** A group with a dead-letter topic, one member of it, and the topic that it reads. */
export interface DeadLetterScene {
  readonly topic: Topic
  readonly groupId: string
  readonly member: ShareMember
}

export interface SceneOptions {
  readonly values?: readonly string[]
  readonly records?: Buffer
  readonly copy?: boolean
  readonly configs?: Readonly<Record<string, string>>
}

export class DeadLetters {
  constructor(readonly broker: TestBroker) {}

  /** Lets the broker make dead-letter topics. A cluster makes those of its coordinators when one is looked for. */
  async prepare(): Promise<void> {
    const { broker } = this
    for (const [keyType, key] of [
      [0, 'g'],
      [2, `g:${NO_TOPIC.id}:0`],
    ] as const)
      await broker.eventually(async () => {
        const found = await broker.ask(findCoordinator, 6, { keyType, coordinatorKeys: [key] })
        expect(found.coordinators[0]?.errorCode).toBe(0)
      })
    await this.setForAll(AUTO_CREATE, 'true')
  }

  /** The error, with its message. */
  async set(type: number, resourceName: string, name: string, value: string): Promise<string> {
    const configs = [{ name, configOperation: 0, value }]
    const answer = await this.broker.ask(incrementalAlterConfigs, 1, {
      resources: [{ resourceType: type, resourceName, configs }],
      validateOnly: false,
    })
    const result = answer.responses[0]
    return `${errorName(result?.errorCode ?? 0)} ${result?.errorMessage ?? ''}`.trim()
  }

  async setForAll(name: string, value: string): Promise<void> {
    expect(await this.set(resources.BROKER, '', name, value)).toBe('NONE')
    await this.broker.settle()
  }

  /** The name of a topic that takes dead letters. */
  async topic(configs: Readonly<Record<string, string>> = {}, partitions = 1): Promise<string> {
    const name = uniqueName('dlq.t')
    const spec = topicSpec(name, { numPartitions: partitions, configs: { [ENABLE]: 'true', ...configs } })
    await this.broker.ask(createTopics, 7, { topics: [spec], validateOnly: false })
    await ready(this.broker, name, partitions)
    return name
  }

  async scene(deadLetterTopic: string, options: SceneOptions = {}): Promise<DeadLetterScene> {
    const { broker } = this
    const { values = ['a', 'b', 'c', 'd'], records, copy = true, configs = {} } = options
    const topic = await newTopic(broker)
    const own = { [TOPIC_NAME]: deadLetterTopic, [COPY]: String(copy) }
    const groupId = await newShareGroup(broker, { ...own, ...configs })
    await produced(broker, topic, records ?? batch(broker, values))
    return { topic, groupId, member: await ShareMember.join(broker, groupId, topic) }
  }

  async records(topic: string, partition = 0) {
    const { records, error } = await fetched(this.broker, { name: topic, id: '' }, { partition })
    expect(error).toBe('NONE')
    return recordsIn(records)
  }

  /** The records of a dead-letter topic: `key=value`, the offset that they stand for, the deliveries, the cause. */
  async letters(topic: string, partition = 0): Promise<string[]> {
    return (await this.records(topic, partition)).map(({ key, value, headers }) => {
      const [, , offset, , count, message] = headers.map((each) => each.value?.toString())
      return `${key}=${value} ${offset} ${count} ${message}`
    })
  }

  /** Everything below the offset is done with, and that is stored. */
  async doneBelow({ groupId, topic }: Pick<DeadLetterScene, 'groupId' | 'topic'>, offset: number) {
    const partitions = [{ partition: 0, leaderEpoch: 0 }]
    const request = { groupId, topics: [{ topicId: topic.id, partitions }] }
    await this.soon(async () => {
      const { results } = await this.broker.ask(readShareGroupStateSummary, 1, request)
      // A start offset that has moved since is stored by Kafka with the next change.
      const { startOffset = -1, deliveryCompleteCount = 0 } = results[0]?.partitions[0] ?? {}
      expect(startOffset + deliveryCompleteCount).toBe(offset)
    })
  }

  /** Nobody waits for dead letters to be written: it is done a moment after the acknowledgement is answered. */
  async soon<T>(ask: () => Promise<T>): Promise<T> {
    await this.broker.settle()
    return await this.broker.eventually(ask)
  }
}
