import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StateBatch } from '../../coordinator/share-state/state-batches.ts'
import { combineStateBatches } from '../../coordinator/share-state/state-batches.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { DeadLetters } from './dead-letters/dead-letter.ts'
import {
  type AcquireRequest,
  type DeliveryLimits,
  InFlightRecords,
  type ReadRun,
  type Transition,
} from './in-flight-records.ts'

const LIMITS = { maxDeliveries: 5, maxLocks: 200, hasDeadLetters: false }
const LOCK_MS = 100

function runs(...batches: readonly (readonly [number, number])[]): ReadRun[] {
  return batches.map(([firstOffset, lastOffset]) => ({ firstOffset, lastOffset, isAborted: false }))
}

function acquire(records: InFlightRecords, request: Partial<AcquireRequest> & Pick<AcquireRequest, 'runs'>) {
  return records
    .acquire(
      {
        memberId: 'a',
        fetchOffset: records.nextFetchOffset,
        maxRecords: 500,
        batchSize: 500,
        isExact: false,
        lockedUntilMs: LOCK_MS,
        ...request,
      },
      LIMITS,
    )
    .map(({ firstOffset, lastOffset, deliveryCount }) => [firstOffset, lastOffset, deliveryCount])
}

function acknowledge(
  records: InFlightRecords,
  first: number,
  last: number,
  types: readonly number[],
  memberId = 'a',
): Transition {
  const asked = [{ firstOffset: first, lastOffset: last, types }]
  const transition = records.acknowledge(memberId, asked, LIMITS, 2 * LOCK_MS)
  records.settle(transition, true)
  return transition
}

test('new records are acquired once, and those after them next', () => {
  const records = new InFlightRecords(10, [])
  expect(acquire(records, { runs: runs([10, 14], [15, 19]) })).toEqual([[10, 19, 1]])
  expect(records.nextFetchOffset).toBe(20)
  expect(acquire(records, { runs: runs([15, 19], [20, 24]) })).toEqual([[20, 24, 1]])
})

test('a batch from before the first offset to fetch is acquired from there on', () => {
  const records = new InFlightRecords(12, [])
  expect(acquire(records, { runs: runs([10, 14]) })).toEqual([[12, 14, 1]])
})

test('the batch that reaches the wished number of records is acquired as a whole', () => {
  const records = new InFlightRecords(0, [])
  expect(acquire(records, { runs: runs([0, 4], [5, 9], [10, 14]), maxRecords: 7 })).toEqual([[0, 9, 1]])
})

test('with an exact limit no record more is acquired, and the rest stays for the next', () => {
  const records = new InFlightRecords(0, [])
  expect(acquire(records, { runs: runs([0, 9]), maxRecords: 7, isExact: true })).toEqual([[0, 6, 1]])
  expect(acquire(records, { runs: runs([0, 9]), maxRecords: 7, isExact: true })).toEqual([[7, 9, 1]])
})

test('acquired batches end where batches of the log end, once they are as large as wished', () => {
  const records = new InFlightRecords(0, [])
  expect(acquire(records, { runs: runs([0, 2], [3, 5], [6, 8], [9, 11]), batchSize: 4 })).toEqual([
    [0, 5, 1],
    [6, 11, 1],
  ])
})

test('no more records than there are locks are in flight', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 199]) })
  expect(records.canAcquire(LIMITS)).toBe(false)
  expect(acquire(records, { runs: runs([200, 209]) })).toEqual([])
  acknowledge(records, 0, 9, [1])
  expect(records.canAcquire(LIMITS)).toBe(true)
})

test('accepted records move the start offset, once all before them are done with', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 9]) })
  expect(acknowledge(records, 5, 9, [1])).toMatchObject({ startOffset: 0, deliveryCompleteCount: 5 })
  expect(records.startOffset).toBe(0)
  expect(acknowledge(records, 0, 4, [1])).toMatchObject({ startOffset: 10, deliveryCompleteCount: 0 })
  expect(records.startOffset).toBe(10)
  expect(records.spans).toEqual([])
})

test('released records are delivered again and counted, rejected ones and gaps are not', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 3]) })
  acknowledge(records, 0, 3, [1, 2, 3, 0])
  expect(records.nextFetchOffset).toBe(1)
  expect(acquire(records, { runs: runs([0, 3]), memberId: 'b' })).toEqual([[1, 1, 2]])
  acknowledge(records, 1, 1, [1], 'b')
  expect(records.startOffset).toBe(4)
})

test('a record that was delivered as often as allowed is archived when it is released', () => {
  const records = new InFlightRecords(0, [])
  for (let count = 1; count <= 5; count++) {
    expect(acquire(records, { runs: runs([0, 0]) })).toEqual([[0, 0, count]])
    acknowledge(records, 0, 0, [2])
  }
  expect(records.startOffset).toBe(1)
  expect(records.spans).toEqual([])
})

test('records that fail again and again are delivered in smaller parts, and the last time alone', () => {
  const records = new InFlightRecords(0, [])
  const all = runs([0, 7])
  for (let count = 1; count <= 3; count++) {
    expect(acquire(records, { runs: all })).toEqual([[0, 7, count]])
    acknowledge(records, 0, 7, [2])
  }
  expect(acquire(records, { runs: all })).toEqual([[0, 3, 4]])
  acknowledge(records, 0, 3, [2])
  expect(acquire(records, { runs: all })).toEqual([[0, 0, 5]])
  expect(acquire(records, { runs: runs([0, 7]) })).toEqual([[1, 1, 5]])
})

test('a lock that ends frees the record, and nobody can acknowledge it by then', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 4]) })
  expect(records.nextLockEndMs).toBe(LOCK_MS)
  records.settle(records.expireLocks(LOCK_MS - 1, LIMITS), true)
  expect(records.nextFetchOffset).toBe(5)
  records.settle(records.expireLocks(LOCK_MS, LIMITS), true)
  expect(records.nextFetchOffset).toBe(0)
  expect(records.nextLockEndMs).toBe(Number.POSITIVE_INFINITY)
  expect(() => acknowledge(records, 0, 4, [1])).toThrow(
    expect.objectContaining({ error: 'INVALID_RECORD_STATE' }),
  )
})

test('a renewed lock holds longer', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 4]) })
  expect(acknowledge(records, 2, 2, [4]).batches).toEqual([])
  records.settle(records.expireLocks(LOCK_MS, LIMITS), true)
  expect(records.spans.map(({ state }) => state)).toEqual(['available', 'acquired', 'available'])
  expect(records.nextLockEndMs).toBe(2 * LOCK_MS)
})

test('what a member had that is gone goes to others', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 4]) })
  acquire(records, { runs: runs([5, 9]), memberId: 'b' })
  const released = records.release('a', LIMITS)
  expect(released.batches).toEqual([{ firstOffset: 0, lastOffset: 4, deliveryState: 0, deliveryCount: 1 }])
  records.settle(released, true)
  expect(acquire(records, { runs: runs([0, 4], [5, 9]), memberId: 'b' })).toEqual([[0, 4, 2]])
})

test('nobody else can acknowledge, nor anybody what is not in flight', () => {
  const records = new InFlightRecords(5, [])
  expect(() => acknowledge(records, 5, 5, [1])).toThrow(
    expect.objectContaining({ error: 'INVALID_RECORD_STATE' }),
  )
  acquire(records, { runs: runs([5, 9]) })
  expect(() => acknowledge(records, 5, 9, [1], 'b')).toThrow(
    expect.objectContaining({ error: 'INVALID_RECORD_STATE' }),
  )
  expect(() => acknowledge(records, 5, 10, [1])).toThrow(
    expect.objectContaining({ error: 'INVALID_REQUEST' }),
  )
  acknowledge(records, 0, 4, [1])
  acknowledge(records, 3, 9, [1])
  expect(records.startOffset).toBe(10)
})

test('a change that can not be stored is taken back', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 4]) })
  const transition = records.acknowledge(
    'a',
    [{ firstOffset: 0, lastOffset: 4, types: [1] }],
    LIMITS,
    LOCK_MS,
  )
  expect(records.startOffset).toBe(0)
  expect(() => acknowledge(records, 0, 4, [1])).toThrow(KafkaError)
  records.settle(transition, false)
  acknowledge(records, 0, 4, [1])
  expect(records.startOffset).toBe(5)
})

test('what the log has lost to compaction, or to an aborted transaction, is done with', () => {
  const records = new InFlightRecords(0, [])
  const read = [...runs([3, 4]), { firstOffset: 5, lastOffset: 6, isAborted: true }, ...runs([9, 9])]
  expect(acquire(records, { runs: read })).toEqual([
    [3, 4, 1],
    [9, 9, 1],
  ])
  expect(records.startOffset).toBe(3)
  acknowledge(records, 3, 4, [1])
  expect(records.startOffset).toBe(9)
})

test('where the log starts later, what was before is gone with its locks', () => {
  const records = new InFlightRecords(0, [])
  acquire(records, { runs: runs([0, 9]) })
  records.moveStart(4)
  expect(records.startOffset).toBe(4)
  acknowledge(records, 0, 9, [1])
  expect(records.startOffset).toBe(10)
  records.moveStart(20)
  expect(records.nextFetchOffset).toBe(20)
})

test('what was stored is found again, and what was only acquired is free', () => {
  const stored = [
    { firstOffset: 2, lastOffset: 3, deliveryState: 2, deliveryCount: 1 },
    { firstOffset: 6, lastOffset: 6, deliveryState: 0, deliveryCount: 2 },
    { firstOffset: 7, lastOffset: 9, deliveryState: 4, deliveryCount: 5 },
  ]
  const records = new InFlightRecords(0, stored)
  expect(
    records.spans.map(({ firstOffset, state, deliveryCount }) => [firstOffset, state, deliveryCount]),
  ).toEqual([
    [0, 'available', 0],
    [2, 'acknowledged', 1],
    [4, 'available', 0],
    [6, 'available', 2],
    [7, 'archived', 5],
  ])
})

interface Modelled {
  state: string
  count: number
  owner: string
  until: number
}

/** One array entry for each record: slow, and easy to believe. */
class Model {
  readonly records: Modelled[] = []
  stored: readonly StateBatch[] = []
  storedStart = 0
  /** What is on its way to the dead-letter topic, and which offsets have got there. */
  letters: DeadLetters[] = []
  readonly buried = new Set<number>()

  constructor(readonly limits: DeliveryLimits) {}

  givenUp(): string {
    return this.limits.hasDeadLetters ? 'archiving' : 'archived'
  }

  released({ count }: Modelled): string {
    return count < this.limits.maxDeliveries ? 'available' : this.givenUp()
  }

  get start(): number {
    const open = this.records.findIndex(({ state }) => state !== 'acknowledged' && state !== 'archived')
    return open === -1 ? this.records.length : open
  }
}

test.each([
  { story: 'and never delivered after they were accepted', hasDeadLetters: false },
  { story: 'and archived only after they were dead letters', hasDeadLetters: true },
])('records are never lost, never given to two, $story', ({ hasDeadLetters }) => {
  const limits = { ...LIMITS, hasDeadLetters }
  const step = fc.record({
    what: fc.constantFrom('acquire', 'acknowledge', 'release', 'expire', 'fail', 'bury', 'restart'),
    who: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom(1, 2, 3),
    size: fc.integer({ min: 1, max: 12 }),
    at: fc.nat(40),
    exact: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const model = new Model(limits)
      let records = new InFlightRecords(0, [])
      let nowMs = 0
      const store = (transition: Transition) => {
        model.stored = combineStateBatches(model.stored, transition.batches, transition.startOffset)
        model.storedStart = transition.startOffset
        records.settle(transition, true)
        model.letters.push(...transition.deadLetters)
      }
      const each = (first: number, last: number, act: (record: Modelled) => void) => {
        for (let offset = first; offset <= last; offset++) {
          const record = model.records[offset]
          if (record !== undefined) act(record)
        }
      }
      for (const { what, who, type, size, at, exact } of steps) {
        nowMs += 7
        if (what === 'acquire') {
          const from = records.nextFetchOffset
          const read = runs(
            [from - (from % 5), from - (from % 5) + 4],
            [from - (from % 5) + 5, from - (from % 5) + 9],
          )
          const request = {
            memberId: who,
            runs: read,
            maxRecords: size,
            isExact: exact,
            lockedUntilMs: nowMs + 50,
          }
          for (const [first = 0, last = 0, count = 0] of acquire(records, request)) {
            for (let offset = first; offset <= last; offset++) {
              const record = model.records[offset] ?? { state: 'available', count: 0, owner: '', until: 0 }
              expect(record.state).toBe('available')
              expect(count).toBe(record.count + 1)
              model.records[offset] = { state: 'acquired', count, owner: who, until: nowMs + 50 }
            }
          }
        } else if (what === 'acknowledge' || what === 'fail') {
          const mine = model.records.findIndex(({ owner }, offset) => owner === who && offset >= at % 20)
          if (mine === -1) continue
          let last = mine
          while (last - mine + 1 < size && model.records[last + 1]?.owner === who) last++
          const asked = [{ firstOffset: mine, lastOffset: last, types: [type] }]
          const transition = records.acknowledge(who, asked, limits, 0)
          if (what === 'fail') records.settle(transition, false)
          else {
            store(transition)
            each(mine, last, (record) => {
              record.state =
                type === 1 ? 'acknowledged' : type === 2 ? model.released(record) : model.givenUp()
              record.owner = ''
            })
          }
        } else if (what === 'release') {
          store(records.release(who, limits))
          for (const record of model.records)
            if (record.owner === who) {
              record.state = model.released(record)
              record.owner = ''
            }
        } else if (what === 'expire') {
          store(records.expireLocks(nowMs, limits))
          for (const record of model.records) {
            if (record.owner === '' || record.until > nowMs) continue
            record.state = model.released(record)
            record.owner = ''
          }
        } else if (what === 'bury') {
          const letters = model.letters.splice(0, size)
          for (const { firstOffset, lastOffset } of letters)
            for (let offset = firstOffset; offset <= lastOffset; offset++) model.buried.add(offset)
          store(records.archive(letters))
          for (const { firstOffset, lastOffset } of letters)
            each(firstOffset, lastOffset, (record) => {
              record.state = 'archived'
            })
        } else {
          records = new InFlightRecords(model.storedStart, model.stored)
          model.letters = records.archiving(limits)
          const end = records.nextNewOffset
          model.records.length = Math.max(end, 0)
          model.records.forEach((record, offset) => {
            if (record.owner === '') return
            const known = model.stored.find((b) => b.firstOffset <= offset && offset <= b.lastOffset)
            Object.assign(record, { state: 'available', owner: '', count: known?.deliveryCount ?? 0 })
          })
        }
        expect(records.startOffset).toBe(model.start)
        if (hasDeadLetters)
          for (const [offset, { state }] of model.records.entries())
            if (state === 'archived') expect(model.buried).toContain(offset)
        for (const { firstOffset, lastOffset, state, deliveryCount, memberId } of records.spans)
          each(firstOffset, lastOffset, (record) =>
            expect([state, deliveryCount, memberId]).toEqual([record.state, record.count, record.owner]),
          )
      }
    }),
    { numRuns: 300 },
  )
})
