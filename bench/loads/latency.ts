import type { Sample } from '../figures.ts'
import { fetchAnswer, fetchFrame, prepareBatch, produceAnswer, produceFrame } from '../frames.ts'
import { newTopic } from '../topics.ts'
import { addressOf, type Stage } from './stage.ts'

const VALUE_BYTES = 100
const FETCH_BYTES = 1024 * 1024
/** The reader asks for one offset after the other; no measurement lasts for so many. */
const MANY = 1e9

/** How long one request takes when there is nothing else to do. */
export async function measureLatency(stage: Stage): Promise<Sample[]> {
  return [...(await measureProduceAlone(stage)), ...(await measureEndToEnd(stage))]
}

async function measureProduceAlone(stage: Stage): Promise<Sample[]> {
  const topic = await newTopic(stage.site.port, 'alone', 1)
  const result = await stage.loaders.run({
    kind: 'pipeline',
    ...addressOf(stage.site),
    lanes: [await smallLane(stage, topic)],
    outstanding: 1,
    answer: produceAnswer(topic),
    warmup: stage.scale.timedWarmup,
    measured: stage.scale.timed,
  })
  return [
    ['latency.produce.p50', result.p50Ms],
    ['latency.produce.p99', result.p99Ms],
  ]
}

async function measureEndToEnd(stage: Stage): Promise<Sample[]> {
  const topic = await newTopic(stage.site.port, 'end-to-end', 1)
  const { frame, offsetAt } = fetchFrame(topic, 0, FETCH_BYTES)
  const result = await stage.loaders.run({
    kind: 'round-trip',
    ...addressOf(stage.site),
    produce: await smallLane(stage, topic),
    produceAnswer: produceAnswer(topic),
    fetch: {
      frameFile: await stage.workspace.keep(frame),
      payloadBytes: 0,
      cursor: { at: offsetAt, first: 0, step: 1, count: MANY },
    },
    fetchAnswer: fetchAnswer(topic),
    warmup: stage.scale.timedWarmup,
    measured: stage.scale.timed,
  })
  return [
    ['latency.endToEnd.p50', result.p50Ms],
    ['latency.endToEnd.p99', result.p99Ms],
  ]
}

async function smallLane({ workspace }: Stage, topic: string) {
  const { bytes } = prepareBatch(VALUE_BYTES, VALUE_BYTES)
  return { frameFile: await workspace.keep(produceFrame(topic, 0, bytes)), payloadBytes: bytes.length }
}
