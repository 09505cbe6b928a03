import { expect, test } from 'vitest'
import { KafkaError } from '../wire/errors.ts'
import { readProducerId } from '../wire/records/batch-header.ts'
import { batchOf, markerOf } from './log.fixture.ts'
import { lastSequenceOf } from './producer-entry.ts'
import { type AppendOrigin, ProducerState } from './producer-state.ts'

const MAX_SEQUENCE = 2 ** 31 - 1

interface Produced {
  sequence: number
  count?: number
  epoch?: number
  producerId?: number
  transactional?: boolean
  origin?: AppendOrigin
}

/** A log's producer state with an end that moves as batches come. */
class Producers {
  readonly state = new ProducerState('events-0')
  end = 0

  /** Appends a batch and returns its base offset, or that of the batch it repeats. */
  produce({
    sequence,
    count = 1,
    epoch = 0,
    producerId = 7,
    transactional = false,
    origin = 'client',
  }: Produced): number {
    const batch = batchOf(
      Array.from({ length: count }, () => 'x'),
      {
        producerId,
        producerEpoch: epoch,
        baseSequence: sequence,
        transactional,
      },
    )
    const duplicate = this.state.duplicateOf(batch, 0)
    if (duplicate !== undefined) return duplicate.lastOffset - duplicate.offsetDelta
    this.state.commit([this.state.stage(batch, 0, this.end, origin)])
    this.end += count
    return this.end - count
  }

  mark(
    committed: boolean,
    { epoch = 0, producerId = 7, coordinatorEpoch = 1, transactionVersion = 0 } = {},
  ): number {
    const marker = markerOf(committed, producerId, epoch, coordinatorEpoch)
    expect(readProducerId(marker, 0)).toBe(producerId)
    this.state.commit([this.state.stage(marker, 0, this.end, 'coordinator', undefined, transactionVersion)])
    return this.end++
  }
}

function errorOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
  return 'NONE'
}

test('the first batch of an unknown producer is accepted at any sequence', () => {
  const producers = new Producers()
  expect(producers.produce({ sequence: 1234 })).toBe(0)
  expect(producers.produce({ sequence: 1235 })).toBe(1)
})

test('a repeated batch gets the offset that it got the first time', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, count: 3 })
  producers.produce({ sequence: 3, count: 2 })
  expect(producers.produce({ sequence: 0, count: 3 })).toBe(0)
  expect(producers.produce({ sequence: 3, count: 2 })).toBe(3)
  expect(producers.end).toBe(5)
})

test('the last five batches are known again, the one before them is out of order', () => {
  const producers = new Producers()
  for (let sequence = 0; sequence < 6; sequence++) producers.produce({ sequence })
  for (let sequence = 1; sequence < 6; sequence++) expect(producers.produce({ sequence })).toBe(sequence)
  expect(errorOf(() => producers.produce({ sequence: 0 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
})

test('a batch that repeats only a part of another is out of order', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, count: 3 })
  expect(errorOf(() => producers.produce({ sequence: 0, count: 2 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
})

test('a gap in the sequence is refused, and nothing is remembered of it', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0 })
  expect(errorOf(() => producers.produce({ sequence: 2 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(producers.produce({ sequence: 1 })).toBe(1)
})

test('sequences start over after 2^31 - 1, within a batch too', () => {
  const producers = new Producers()
  producers.produce({ sequence: MAX_SEQUENCE })
  expect(producers.produce({ sequence: 0, count: 2 })).toBe(1)
  const other = new Producers()
  other.produce({ sequence: MAX_SEQUENCE - 1, count: 4 })
  expect(lastSequenceOf(MAX_SEQUENCE - 1, 3)).toBe(1)
  expect(other.produce({ sequence: MAX_SEQUENCE - 1, count: 4 })).toBe(0)
  expect(other.produce({ sequence: 2 })).toBe(4)
})

test('a new epoch begins at sequence 0', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, count: 5 })
  expect(errorOf(() => producers.produce({ sequence: 5, epoch: 1 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(producers.produce({ sequence: 0, epoch: 1 })).toBe(5)
})

test('an epoch that is over is refused with INVALID_PRODUCER_EPOCH', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, epoch: 3 })
  expect(errorOf(() => producers.produce({ sequence: 1, epoch: 2 }))).toBe('INVALID_PRODUCER_EPOCH')
  expect(errorOf(() => producers.produce({ sequence: -1, epoch: 2, origin: 'coordinator' }))).toBe(
    'INVALID_PRODUCER_EPOCH',
  )
})

test('what a leader has accepted, its followers take as it is', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, epoch: 3 })
  expect(producers.produce({ sequence: 9, epoch: 3, origin: 'replication' })).toBe(1)
  expect(producers.produce({ sequence: 0, epoch: 2, origin: 'replication' })).toBe(2)
})

test('a coordinator appends for a producer without sequences', () => {
  const producers = new Producers()
  producers.produce({ sequence: -1, epoch: 0, transactional: true, origin: 'coordinator' })
  expect(errorOf(() => producers.produce({ sequence: -1, transactional: true, origin: 'coordinator' }))).toBe(
    'NONE',
  )
})

test('a producer within a transaction may write nothing outside it', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, transactional: true })
  expect(errorOf(() => producers.produce({ sequence: 1 }))).toBe('INVALID_TXN_STATE')
  producers.mark(true)
  expect(producers.produce({ sequence: 1 })).toBe(2)
})

test('the first unstable offset is where the oldest open transaction began', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0 })
  expect(producers.state.firstUnstableOffset(producers.end)).toBe(undefined)
  producers.produce({ sequence: 0, producerId: 8, transactional: true })
  producers.produce({ sequence: 0, producerId: 9, transactional: true })
  producers.produce({ sequence: 1, producerId: 8, transactional: true })
  expect(producers.state.firstUnstableOffset(producers.end)).toBe(1)
  producers.mark(true, { producerId: 8 })
  expect(producers.state.firstUnstableOffset(producers.end)).toBe(2)
})

test('a transaction stays unstable until its marker is below the high watermark', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, transactional: true })
  const marker = producers.mark(false)
  expect(producers.state.firstUnstableOffset(marker)).toBe(0)
  expect(producers.state.firstUnstableOffset(marker + 1)).toBe(undefined)
})

test('an aborted transaction is told with the last stable offset after its marker', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, producerId: 8, transactional: true })
  producers.produce({ sequence: 0, producerId: 9, transactional: true })
  const abort = (producerId: number): unknown => {
    const staged = producers.state.stage(markerOf(false, producerId, 0, 1), 0, producers.end++, 'coordinator')
    return producers.state.commit([staged])
  }
  expect(abort(9)).toEqual([
    expect.objectContaining({ producerId: 9, firstOffset: 1, lastOffset: 2, lastStableOffset: 0 }),
  ])
  expect(abort(8)).toEqual([
    expect.objectContaining({ producerId: 8, firstOffset: 0, lastOffset: 3, lastStableOffset: 4 }),
  ])
  expect(abort(8)).toEqual([])
})

test('a marker of an old coordinator is refused', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, transactional: true })
  producers.mark(true, { coordinatorEpoch: 5 })
  expect(errorOf(() => producers.mark(true, { coordinatorEpoch: 4 }))).toBe('TRANSACTION_COORDINATOR_FENCED')
})

test('a marker with an old epoch is refused; with transactions v2 an equal one is, unless nothing is open', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, epoch: 3, transactional: true })
  expect(errorOf(() => producers.mark(true, { epoch: 2 }))).toBe('INVALID_PRODUCER_EPOCH')
  expect(errorOf(() => producers.mark(true, { epoch: 3, transactionVersion: 2 }))).toBe(
    'INVALID_PRODUCER_EPOCH',
  )
  producers.mark(true, { epoch: 4, transactionVersion: 2 })
  expect(errorOf(() => producers.mark(true, { epoch: 4, transactionVersion: 2 }))).toBe('NONE')
  expect(producers.produce({ sequence: 0, epoch: 4, transactional: true })).toBe(3)
})

test('idle producers are forgotten, those within a transaction are not', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, producerId: 8 })
  producers.produce({ sequence: 0, producerId: 9, transactional: true })
  producers.state.expire(1_000_000, 1_000_000)
  expect([...producers.state.entries()].map(({ producerId }) => producerId)).toEqual([9])
  expect(producers.produce({ sequence: 77, producerId: 8 })).toBe(2)
})

test('from a snapshot come the last batch of each producer and its open transaction', () => {
  const producers = new Producers()
  producers.produce({ sequence: 0, count: 2, transactional: true })
  producers.produce({ sequence: 2, count: 3, transactional: true })
  const again = new Producers()
  again.state.reset([...producers.state.entries()])
  again.end = 5
  expect(again.state.firstUnstableOffset(5)).toBe(0)
  expect(again.produce({ sequence: 2, count: 3, transactional: true })).toBe(2)
  expect(again.produce({ sequence: 5, transactional: true })).toBe(5)
})
