import { openDirectory, type TestRuntime, testRuntime } from '../storage/log.fixture.ts'
import { defaultLogConfig } from '../storage/log-config.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import { KafkaError } from '../wire/errors.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import { ClusterMetadata } from './cluster-metadata.ts'
import { Controller } from './controller.ts'
import { EmbeddedMetadataStore } from './metadata/embedded-store.ts'
import type { TopicImage } from './metadata/image.ts'
import type { Partition } from './partition.ts'
import { Partitions } from './partitions.ts'
import { BrokerRegistration } from './registration.ts'
import type { TopicConfig } from './topic-config.ts'
import type { TopicSpec } from './topic-plan.ts'

const NODE_ID = 1

/** A broker without its server: metadata, controller, partitions and logs, all in memory. */
export class OneBroker {
  private constructor(
    readonly runtime: TestRuntime,
    readonly metadata: ClusterMetadata,
    readonly controller: Controller,
    readonly partitions: Partitions,
    readonly logs: LogDirectory,
  ) {}

  /** Opens what is on the runtime's disk; `brokers` are the ids of those who live, this one's among them. */
  static async open(
    runtime: TestRuntime = testRuntime(),
    brokers: readonly number[] = [NODE_ID],
  ): Promise<OneBroker> {
    const logs = await openDirectory(runtime)
    const metadata = new ClusterMetadata(EmbeddedMetadataStore.open(runtime.disk))
    const controller = new Controller(metadata, runtime.random, () => ({
      partitionCount: 2,
      replicationFactor: 1,
    }))
    const partitions = new Partitions(NODE_ID, logs, resolveConfig, runtime.logger)
    metadata.onChange((image, change, before) => partitions.apply(image, change, before))
    await metadata.start()
    for (const id of brokers) await BrokerRegistration.register(metadata, id, { rack: null, listeners: [] })
    return new OneBroker(runtime, metadata, controller, partitions, logs)
  }

  async close(): Promise<void> {
    this.metadata.stop()
    await this.metadata.store.close()
    await this.logs.close()
  }

  /** Makes one topic; gives it, or the name of the error. */
  async create(name: string, spec: Partial<TopicSpec> = {}): Promise<TopicImage | string> {
    const [result] = await this.controller.createTopics([topicSpec(name, spec)])
    if (result === undefined) throw new Error('one topic was asked for')
    return result instanceof KafkaError ? result.error : result
  }

  /** The first partition of a topic that must be here. */
  partition(topic: string, index = 0): Partition {
    return this.partitions.require(topic, index)
  }
}

/** Everything that a reader sees of a partition, as `offset=value`. */
export async function recordsIn(partition: Partition): Promise<string[]> {
  const slice = await partition.read(0, 100_000, 'read_uncommitted', true)
  return slice.chunks.flatMap((chunk) =>
    [...recordsOf(chunk)].map(({ offset, value }) => `${offset}=${value?.toString()}`),
  )
}

export function topicSpec(name: string, spec: Partial<TopicSpec> = {}): TopicSpec {
  return { name, partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map(), ...spec }
}

function resolveConfig(overrides: ReadonlyMap<string, string>): TopicConfig {
  return {
    ...defaultLogConfig,
    minInsyncReplicas: Number(overrides.get('min.insync.replicas') ?? 1),
    maxMessageBytes: Number(overrides.get('max.message.bytes') ?? 1_000_000),
    maxDecompressedMessageBytes: 10_000_000,
    compressionType: 'producer',
    messageTimestampType: 'CreateTime',
    messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  }
}
