import type { Sample } from '../figures.ts'
import { prepareBatch, produceAnswer, produceFrame } from '../frames.ts'
import type { LaneJob } from '../loader/job.ts'
import { newTopic } from '../topics.ts'
import { addressOf, type Stage, settle } from './stage.ts'

const CONNECTIONS = 64
const OUTSTANDING = 5
const PARTITIONS = 8
const VALUE_BYTES = 100

/** Many small requests of many clients: one record each. */
export async function measureSmall(stage: Stage): Promise<Sample[]> {
  const topic = await newTopic(stage.site.port, 'small', PARTITIONS)
  const { bytes } = prepareBatch(VALUE_BYTES, VALUE_BYTES)
  const lanes: LaneJob[] = []
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const frame = produceFrame(topic, connection % PARTITIONS, bytes)
    lanes.push({ frameFile: await stage.workspace.keep(frame), payloadBytes: bytes.length })
  }
  const result = await stage.loaders.run({
    kind: 'pipeline',
    ...addressOf(stage.site),
    lanes,
    outstanding: OUTSTANDING,
    answer: produceAnswer(topic),
    warmup: stage.scale.timedWarmup,
    measured: stage.scale.timed,
  })
  await settle()
  return [
    ['small.rate', (result.requests * 1e3) / result.elapsedMs],
    ['small.cpu', (result.brokerCpuSeconds * 1e6) / result.requests],
    ['small.loader', (result.loaderCpuSeconds * 1e6) / result.requests],
    ['small.p50', result.p50Ms],
    ['small.p99', result.p99Ms],
  ]
}
