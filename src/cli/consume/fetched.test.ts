import { expect, test } from 'vitest'
import { buildBatch } from '../../wire/records/batch-builder.ts'
import { BATCH_HEADER_BYTES } from '../../wire/records/batch-header.ts'
import { buildMarker } from '../../wire/records/control-record.ts'
import { buildMessageSet } from '../../wire/records/message-set-builder.ts'
import type { AbortedTransaction } from '../../wire/records/open-aborts.ts'
import { batchesOf } from './fetched.ts'

const ABORTED = 7
const COMMITTED = 8

test('records of an aborted transaction and all markers are left out, and what follows is not', () => {
  const bytes = Buffer.concat([
    batch(0, ['a'], ABORTED),
    batch(1, ['b'], COMMITTED),
    batch(2, ['c']),
    marker(3, ABORTED, 'ABORT'),
    batch(4, ['d'], ABORTED),
    marker(5, ABORTED, 'COMMIT'),
    marker(6, COMMITTED, 'COMMIT'),
  ])
  expect(read(bytes, [{ producerId: ABORTED, firstOffset: 0 }])).toEqual({ values: ['b', 'c', 'd'], next: 7 })
})

test('a reader of everything gets the aborted records too, but no markers', () => {
  const bytes = Buffer.concat([batch(0, ['a'], ABORTED), marker(1, ABORTED, 'ABORT')])
  expect(read(bytes, [])).toEqual({ values: ['a'], next: 2 })
})

test('a batch that compaction emptied is passed whole', () => {
  const emptied = batch(5, ['x', 'y', 'z']).subarray(0, BATCH_HEADER_BYTES)
  emptied.writeInt32BE(BATCH_HEADER_BYTES - 12, 8)
  emptied.writeInt32BE(0, 57)
  expect(read(Buffer.concat([emptied, batch(8, ['a'])]), [])).toEqual({ values: ['a'], next: 9 })
})

test('a last batch that was cut short is left for the next fetch', () => {
  const whole = batch(0, ['a'])
  const cut = batch(1, ['b']).subarray(0, -1)
  expect(read(Buffer.concat([whole, cut]), [])).toEqual({ values: ['a'], next: 1 })
  expect(read(Buffer.concat([whole, cut.subarray(0, 5)]), [])).toEqual({ values: ['a'], next: 1 })
})

test('messages from before Kafka 0.11 are read as well', () => {
  const records = ['a', 'b'].map((value, offset) => ({
    offset,
    timestamp: 1n,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }))
  expect(read(buildMessageSet({ magic: 1, records }), [])).toEqual({ values: ['a', 'b'], next: 2 })
})

function batch(baseOffset: number, values: readonly string[], producerId?: number): Buffer {
  const records = values.map((value) => ({ timestamp: 1n, key: null, value: Buffer.from(value) }))
  if (producerId === undefined) return buildBatch({ records, baseOffset })
  return buildBatch({
    records,
    baseOffset,
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    transactional: true,
  })
}

function marker(baseOffset: number, producerId: number, type: 'ABORT' | 'COMMIT'): Buffer {
  return buildMarker({ type, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 1n, baseOffset })
}

function read(bytes: Buffer, aborted: readonly AbortedTransaction[]) {
  const values: string[] = []
  let next = -1
  for (const { records, nextOffset } of batchesOf(bytes, aborted)) {
    for (const { value } of records) values.push(String(value))
    next = nextOffset
  }
  return { values, next }
}
