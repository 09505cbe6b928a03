import { setTimeout as delay } from 'node:timers/promises'
import type { Contender } from '../contenders/site.ts'
import type { Sample } from '../figures.ts'
import { usageOf } from '../process-usage.ts'
import { areLed, createAll, describeTopics, untilLed } from '../topics.ts'

const TOPICS = 1_000
const PARTITIONS = 10
/** Kafka's controller takes no more than 10,000 changes at a time; each topic is one, and each partition. */
const TOPICS_PER_REQUEST = 500
const TIMEOUT_MS = 180_000

export interface PartitionsOptions {
  /** Whether they are there after a restart. */
  readonly isKept: boolean
  readonly restMs: number
}

/** A broker with many partitions: made, listed, and found again after a restart. */
export async function measurePartitions(
  contender: Contender,
  { isKept, restMs }: PartitionsOptions,
): Promise<Sample[]> {
  const names = Array.from({ length: TOPICS }, (_, index) => `many-${String(index).padStart(5, '0')}`)
  const site = await contender.newSite()
  try {
    await site.start()
    const create = await timed(() => createInParts(site.port, names))
    const led = create + (await timed(() => untilLed(site.port, names, PARTITIONS, TIMEOUT_MS)))
    const listed = await timed(async () => {
      if (!areLed(await describeTopics(site.port), TOPICS, PARTITIONS)) throw new Error('topics are missing')
    })
    const atOnce = usageOf(site.pid)
    await delay(restMs)
    const rested = usageOf(site.pid)
    const samples: Sample[] = [
      ['partitions.create', create],
      ['partitions.led', led],
      ['partitions.listed', listed],
      ['partitions.resident', atOnce.residentBytes / 1e6],
      ['partitions.rested', rested.residentBytes / 1e6],
      ['partitions.stop', await timed(() => site.stop())],
    ]
    if (!isKept) return samples
    const restart = await timed(async () => {
      await site.start()
      await untilLed(site.port, names, PARTITIONS, TIMEOUT_MS)
    })
    await site.stop()
    return [...samples, ['partitions.restart', restart]]
  } finally {
    // A file system that has just deleted 30,000 files is ten times as slow at making new ones (ext4 doesn't take
    // their inodes again for a while), and whoever comes next would pay for it.
    await site.abandon()
  }
}

async function createInParts(port: number, names: readonly string[]): Promise<void> {
  for (let at = 0; at < names.length; at += TOPICS_PER_REQUEST)
    await createAll(port, names.slice(at, at + TOPICS_PER_REQUEST), PARTITIONS)
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await action()
  return performance.now() - startedMs
}
