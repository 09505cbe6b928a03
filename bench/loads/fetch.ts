import type { FigureId, Sample } from '../figures.ts'
import { fetchAnswer, fetchFrame } from '../frames.ts'
import type { Extent, LaneJob, LoaderResult } from '../loader/job.ts'
import { endOffset, newTopic } from '../topics.ts'
import { dropPageCache } from './drop-page-cache.ts'
import { fillTopic } from './produce.ts'
import { addressOf, type Stage, settle, warmUpMemory } from './stage.ts'

const CONNECTIONS = 4
const OUTSTANDING = 2
const FETCH_BYTES = 1024 * 1024
/** Batches of the size that a busy producer makes, four of which fit into a fetch. */
const BATCH_BYTES = 240_000
/** What is still in the memory of any broker: 8 MB of each partition. */
const TAIL_BYTES = 8e6

/** What a partition of the topic looks like. */
interface Layout {
  readonly topic: string
  readonly endOffsets: readonly number[]
  /** Records of one fetch: as many whole batches as fit into it. */
  readonly step: number
  readonly stepBytes: number
}

/** Throughput out: 1 MiB fetches, one partition per connection, from three places. */
export async function measureFetch(stage: Stage): Promise<Sample[]> {
  const layout = await fill(stage)
  const { timed, timedWarmup } = stage.scale
  const tail = await read(stage, layout, tailSteps(layout), timedWarmup, timed)
  const samples: Sample[] = [...rates('tail', tail, layout), ['fetch.tail.loader', loaderPerGb(tail)]]
  if (!stage.onDisk) return samples
  samples.push(...rates('log', await read(stage, layout, allSteps(layout), timedWarmup, timed), layout))
  await settle()
  if (!(await dropPageCache(stage.site.dataFolder))) return samples
  await warmUpMemory(stage)
  const once = { bytes: 0.9 * stage.scale.fetchTopicBytes, ms: timed.ms * 4 }
  samples.push(
    ...rates('cold', await read(stage, layout, allSteps(layout), { bytes: 0, ms: 0 }, once), layout),
  )
  return samples
}

async function fill(stage: Stage): Promise<Layout> {
  const { port } = stage.site
  const topic = await newTopic(port, 'fetch', CONNECTIONS)
  const extent = { bytes: stage.scale.fetchTopicBytes, ms: 60_000 }
  const { recordCount, batchBytes } = await fillTopic(stage, topic, BATCH_BYTES, { bytes: 0, ms: 0 }, extent)
  const endOffsets: number[] = []
  for (let partition = 0; partition < CONNECTIONS; partition++)
    endOffsets.push(await endOffset(port, topic, partition))
  const batches = Math.floor(FETCH_BYTES / batchBytes)
  return { topic, endOffsets, step: batches * recordCount, stepBytes: batches * batchBytes }
}

type StepsOf = (end: number) => { readonly first: number; readonly count: number }

function tailSteps({ step, stepBytes }: Layout): StepsOf {
  return (end) => {
    const count = Math.floor(TAIL_BYTES / stepBytes)
    return { first: end - count * step, count }
  }
}

function allSteps({ step }: Layout): StepsOf {
  return (end) => ({ first: 0, count: Math.floor(end / step) })
}

async function read(
  stage: Stage,
  { topic, endOffsets, step, stepBytes }: Layout,
  stepsOf: StepsOf,
  warmup: Extent,
  measured: Extent,
): Promise<LoaderResult> {
  const lanes: LaneJob[] = []
  for (const [partition, end] of endOffsets.entries()) {
    const { frame, offsetAt } = fetchFrame(topic, partition, FETCH_BYTES)
    const frameFile = await stage.workspace.keep(frame)
    const cursor = { at: offsetAt, step, ...stepsOf(end) }
    lanes.push({ frameFile, payloadBytes: stepBytes, cursor })
  }
  return await stage.loaders.run({
    kind: 'pipeline',
    ...addressOf(stage.site),
    lanes,
    outstanding: OUTSTANDING,
    answer: fetchAnswer(topic),
    warmup,
    measured,
  })
}

function rates(place: 'tail' | 'log' | 'cold', result: LoaderResult, layout: Layout): Sample[] {
  const samples: [FigureId, number][] = [
    [`fetch.${place}.rate`, result.bytes / 1e6 / result.elapsedMs],
    [`fetch.${place}.cpu`, result.brokerCpuSeconds / (result.bytes / 1e9)],
  ]
  const records = (result.bytes / layout.stepBytes) * layout.step
  if (place === 'tail') samples.push(['fetch.tail.records', (records * 1e3) / result.elapsedMs])
  return samples
}

function loaderPerGb(result: LoaderResult): number {
  return result.loaderCpuSeconds / (result.bytes / 1e9)
}
