import type { ByteStream } from '../../src/runtime/network.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { deleteGroups } from '../../src/wire/apis/delete-groups.ts'
import { deleteRecords } from '../../src/wire/apis/delete-records.ts'
import { deleteTopics } from '../../src/wire/apis/delete-topics.ts'
import { listGroups } from '../../src/wire/apis/list-groups.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { RawClient } from '../raw-client.ts'

const KEPT = /^(canary.*|fuzz-\d|__.*)$/

/** Takes away what frames have rightly built up, so that whatever still grows is a leak. */
export class Janitor {
  readonly #client: RawClient

  private constructor(client: RawClient) {
    this.#client = client
  }

  static async start(stream: ByteStream): Promise<Janitor> {
    return new Janitor(RawClient.over(stream))
  }

  async makeTopics(names: readonly string[]): Promise<void> {
    await this.#client.request(createTopics, 5, {
      topics: names.map((name) => ({
        name,
        numPartitions: 2,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 10_000,
      validateOnly: false,
    })
  }

  /** Topics other than the known ones, all records of those, and groups without members. */
  async clean(): Promise<void> {
    const { topics } = await this.#client.request(metadata, 9, {
      topics: null,
      allowAutoTopicCreation: false,
    })
    const names = topics.flatMap(({ name }) => (name === null ? [] : [name]))
    const surplus = names.filter((name) => !KEPT.test(name))
    if (surplus.length > 0)
      await this.#client.request(deleteTopics, 5, { topicNames: surplus, timeoutMs: 10_000 })
    await this.makeTopics(['fuzz-0', 'fuzz-1', 'fuzz-2'].filter((name) => !names.includes(name)))
    await this.#empty(topics.flatMap((topic) => (topic.name?.startsWith('fuzz') ? [topic] : [])))
    const { groups } = await this.#client.request(listGroups, 4, { statesFilter: [] })
    const groupsNames = groups.map(({ groupId }) => groupId)
    if (groupsNames.length > 0) await this.#client.request(deleteGroups, 2, { groupsNames })
  }

  close(): void {
    this.#client.close()
  }

  async #empty(
    topics: readonly { name: string | null; partitions: readonly { partitionIndex: number }[] }[],
  ): Promise<void> {
    await this.#client.request(deleteRecords, 2, {
      topics: topics.map(({ name, partitions }) => ({
        name: name ?? '',
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, offset: -1 })),
      })),
      timeoutMs: 10_000,
    })
  }
}
