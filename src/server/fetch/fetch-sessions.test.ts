import { expect, test } from 'vitest'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import type { FetchPartition } from './fetch-partition.ts'
import { epochAfter, FetchSessions } from './fetch-sessions.ts'

function partition(topic: string, index: number, fetchOffset = 0): FetchPartition {
  return {
    topicId: '',
    topic,
    index,
    fetchOffset,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    maxBytes: 1000,
    answered: undefined,
  }
}

function sessions(slots: number): { clock: VirtualClock; cache: FetchSessions } {
  const clock = new VirtualClock()
  return { clock, cache: new FetchSessions(clock, new SeededRandom(1), slots) }
}

test('a session keeps what was answered while offsets and limits of a partition change', () => {
  const session = sessions(1).cache.open(false)
  const first = partition('a', 0)
  session?.put(first)
  first.answered = { highWatermark: 5, logStartOffset: 0 }
  session?.put({ ...partition('a', 0, 5), maxBytes: 7 })
  expect([...(session?.partitions ?? [])]).toEqual([
    { ...partition('a', 0, 5), maxBytes: 7, answered: { highWatermark: 5, logStartOffset: 0 } },
  ])
})

test('a partition that gave data is served last the next time', () => {
  const session = sessions(1).cache.open(false)
  const busy = partition('a', 0)
  for (const each of [busy, partition('a', 1), partition('b', 0)]) session?.put(each)
  session?.servedLast(busy)
  expect([...(session?.partitions ?? [])].map(({ topic, index }) => `${topic}-${index}`)).toEqual([
    'a-1',
    'b-0',
    'a-0',
  ])
})

test('a forgotten partition leaves the session', () => {
  const session = sessions(1).cache.open(false)
  session?.put(partition('a', 0))
  session?.forget(partition('a', 0))
  expect(session?.size).toBe(0)
})

test('by topic id, a partition is the same whether or not its name is known', () => {
  const session = sessions(1).cache.open(true)
  session?.put({ ...partition('a', 0), topicId: 'id', topic: undefined })
  session?.put({ ...partition('a', 0, 9), topicId: 'id' })
  expect(session?.size).toBe(1)
})

test('when all slots are taken nobody gets a session until one was idle for two minutes', () => {
  const { clock, cache } = sessions(2)
  const first = cache.open(false)
  const second = cache.open(false)
  expect(cache.open(false)).toBeUndefined()
  clock.advance(60_000)
  cache.use(first?.id ?? 0)
  clock.advance(60_000)
  expect(cache.open(false)).toBeDefined()
  expect(cache.use(second?.id ?? 0)).toBeUndefined()
  expect(cache.use(first?.id ?? 0)).toBe(first)
})

test('epochs wrap to one, as zero and minus one have meanings of their own', () => {
  expect(epochAfter(1)).toBe(2)
  expect(epochAfter(0x7fffffff)).toBe(1)
})
