import type { Sample } from '../figures.ts'
import { newTopic } from '../topics.ts'
import { type Stage, settle, warmUpMemory } from './stage.ts'

const RECORD_BYTES = 1024
const PARTITIONS = 4

/** What users of kafkajs see. It is the client that sets the pace: on two processors it needs more than one of them. */
export async function measureKafkajs(stage: Stage): Promise<Sample[]> {
  const { site, loaders, scale } = stage
  await warmUpMemory(stage)
  const { produced, consumed } = await loaders.runKafkajs({
    bootstrap: site.bootstrap,
    topic: await newTopic(site.port, 'kafkajs', PARTITIONS),
    recordBytes: RECORD_BYTES,
    recordsPerSend: 200,
    concurrentSends: 5,
    ms: scale.timed.ms,
  })
  await settle()
  const producedPerSecond = (produced.records * 1e3) / produced.elapsedMs
  const consumedPerSecond = (consumed.records * 1e3) / consumed.elapsedMs
  return [
    ['kafkajs.produce.rate', (producedPerSecond * RECORD_BYTES) / 1e6],
    ['kafkajs.produce.records', producedPerSecond],
    ['kafkajs.fetch.rate', (consumedPerSecond * RECORD_BYTES) / 1e6],
    ['kafkajs.fetch.records', consumedPerSecond],
  ]
}
