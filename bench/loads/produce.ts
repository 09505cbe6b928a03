import type { Sample } from '../figures.ts'
import { prepareBatch, produceAnswer, produceFrame } from '../frames.ts'
import type { Extent, LaneJob, LoaderResult } from '../loader/job.ts'
import { newTopic } from '../topics.ts'
import { addressOf, type Stage, settle, warmUpMemory } from './stage.ts'

const CONNECTIONS = 4
const OUTSTANDING = 5
const VALUE_BYTES = 1024
const sizes = { '1m': 1024 * 1024, '240k': 240_000 } as const

/** Throughput in: large requests of one batch each, one partition per connection. */
export async function measureProduce(stage: Stage): Promise<Sample[]> {
  return [...(await measureSize(stage, '1m')), ...(await measureSize(stage, '240k'))]
}

async function measureSize(stage: Stage, size: keyof typeof sizes): Promise<Sample[]> {
  const topic = await newTopic(stage.site.port, `produce-${size}`, CONNECTIONS)
  const { produceWarmup, produce } = stage.scale
  await warmUpMemory(stage)
  const { result, recordCount } = await fillTopic(stage, topic, sizes[size], produceWarmup, produce)
  await settle()
  const gigabytes = result.bytes / 1e9
  return [
    [`produce.${size}.rate`, result.bytes / 1e3 / result.elapsedMs],
    [`produce.${size}.records`, (result.requests * recordCount * 1e3) / result.elapsedMs],
    [`produce.${size}.cpu`, result.brokerCpuSeconds / gigabytes],
    [`produce.${size}.loader`, result.loaderCpuSeconds / gigabytes],
    [`produce.${size}.p99`, result.p99Ms],
  ]
}

/** Writes to all partitions of a topic of `CONNECTIONS` partitions. */
export async function fillTopic(
  stage: Stage,
  topic: string,
  batchBytes: number,
  warmup: Extent,
  measured: Extent,
): Promise<{ result: LoaderResult; recordCount: number; batchBytes: number }> {
  const batch = prepareBatch(batchBytes, VALUE_BYTES)
  const lanes: LaneJob[] = []
  for (let partition = 0; partition < CONNECTIONS; partition++) {
    const frameFile = await stage.workspace.keep(produceFrame(topic, partition, batch.bytes))
    lanes.push({ frameFile, payloadBytes: batch.bytes.length })
  }
  const result = await stage.loaders.run({
    kind: 'pipeline',
    ...addressOf(stage.site),
    lanes,
    outstanding: OUTSTANDING,
    answer: produceAnswer(topic),
    warmup,
    measured,
  })
  return { result, recordCount: batch.recordCount, batchBytes: batch.bytes.length }
}
