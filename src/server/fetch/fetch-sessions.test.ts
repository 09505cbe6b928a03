import { expect, test } from 'vitest'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { SessionRoom } from '../session-room.ts'
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

function sessions(slots: number, maxPartitions = 1_000): { clock: VirtualClock; cache: FetchSessions } {
  const clock = new VirtualClock()
  const room = new SessionRoom(maxPartitions)
  return { clock, cache: new FetchSessions(clock, new SeededRandom(1), slots, room) }
}

/** A session with so many partitions of a topic; undefined when it isn't kept. */
function opened(cache: FetchSessions, topic: string, count: number) {
  const session = cache.open(false)
  const partitions = Array.from({ length: count }, (_, index) => partition(topic, index))
  return session !== undefined && cache.put(session, partitions) ? session : undefined
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

test('sessions together keep a bounded number of partitions, and one that would have more is closed', () => {
  const { cache } = sessions(10, 5)
  const first = opened(cache, 'a', 3)
  expect(opened(cache, 'b', 3)).toBeUndefined()
  expect(cache.size).toBe(1)
  const second = opened(cache, 'b', 2)
  expect(first && cache.put(first, [partition('a', 3)])).toBe(false)
  expect(cache.use(first?.id ?? 0)).toBeUndefined()
  expect(
    second &&
      cache.put(
        second,
        [0, 1, 2, 3, 4].map((index) => partition('b', index)),
      ),
  ).toBe(true)
})

test('what a session forgets, or had when it was closed, leaves room for others', () => {
  const { cache } = sessions(10, 3)
  const first = opened(cache, 'a', 3)
  first?.forget(partition('a', 0))
  first?.forget(partition('a', 0))
  expect(opened(cache, 'b', 2)).toBeUndefined()
  expect(opened(cache, 'b', 1)).toBeDefined()
  cache.close(first?.id ?? 0)
  cache.close(first?.id ?? 0)
  expect(opened(cache, 'c', 3)).toBeUndefined()
  expect(opened(cache, 'c', 2)).toBeDefined()
})

test('a session that was idle for two minutes makes room for the partitions of another', () => {
  const { clock, cache } = sessions(10, 5)
  const idle = opened(cache, 'a', 3)
  clock.advance(120_000)
  expect(opened(cache, 'b', 5)).toBeDefined()
  expect(cache.use(idle?.id ?? 0)).toBeUndefined()
})

test('a session keeps no partition under a name that no topic can have', () => {
  const { cache } = sessions(10)
  expect(opened(cache, 'x'.repeat(250), 1)).toBeUndefined()
  expect(opened(cache, 'x'.repeat(249), 1)).toBeDefined()
})

test('epochs wrap to one, as zero and minus one have meanings of their own', () => {
  expect(epochAfter(1)).toBe(2)
  expect(epochAfter(0x7fffffff)).toBe(1)
})
