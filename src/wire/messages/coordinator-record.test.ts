import { describe, expect, test } from 'vitest'
import { decodeVersioned, encodeVersioned } from '../schema/versioned.ts'
import { WireError } from '../wire-error.ts'
import { abortedTxn } from './aborted-txn.ts'
import { controlRecordType, controlTypes, endTxnMarker } from './control-record.ts'
import { readRecordType } from './coordinator-record.ts'
import { consumerGroupMetadataRecord } from './group-coordinator/consumer-group-metadata-record.ts'
import { offsetCommitRecord } from './group-coordinator/offset-commit-record.ts'

/** The bytes here come from Kafka 4.4's `GroupCoordinatorRecordSerde` and `MessageUtil.toVersionPrefixedBytes`. */
describe('a record of a coordinator', () => {
  const keyBytes = Buffer.from('000100016700066f726465727300000003', 'hex')
  const key = { group: 'g', topic: 'orders', partition: 3 }
  const valueBytes = Buffer.from('0003000000000000002a0000000500016d0000018bcfe56800', 'hex')
  const value = { offset: 42, leaderEpoch: 5, metadata: 'm', commitTimestamp: 1_700_000_000_000 }

  test('has its type in front of its key', () => {
    expect(offsetCommitRecord.encodeKey(key)).toEqual(keyBytes)
    expect(offsetCommitRecord.decodeKey(keyBytes)).toEqual(key)
    expect(readRecordType(keyBytes)).toBe(1)
    expect(consumerGroupMetadataRecord.encodeKey({ groupId: 'g' }).toString('hex')).toBe('0003000167')
  })

  test('has its version in front of its value', () => {
    expect(offsetCommitRecord.encodeValue(value, 3)).toEqual(valueBytes)
    expect(offsetCommitRecord.decodeValue(valueBytes)).toMatchObject(value)
  })

  test('is refused when its key is of another type, or its value of a version to come', () => {
    expect(() => consumerGroupMetadataRecord.decodeKey(keyBytes)).toThrow(
      'ConsumerGroupMetadata is record type 3, the key says 1',
    )
    const later = Buffer.from(valueBytes)
    later.writeInt16BE(5, 0)
    expect(() => offsetCommitRecord.decodeValue(later)).toThrow(WireError)
    expect(() => readRecordType(Buffer.alloc(1))).toThrow(WireError)
  })
})

test('a transaction marker says its kind in the key and the coordinator epoch in the value', () => {
  expect(encodeVersioned(controlRecordType, { type: controlTypes.COMMIT }, 0).toString('hex')).toBe(
    '00000001',
  )
  expect(encodeVersioned(endTxnMarker, { coordinatorEpoch: 7 }, 0).toString('hex')).toBe('000000000007')
  expect(decodeVersioned(endTxnMarker, Buffer.from('000000000007', 'hex'))).toEqual({ coordinatorEpoch: 7 })
})

test('an entry of a transaction index takes 34 bytes', () => {
  const entry = { producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 }
  expect(encodeVersioned(abortedTxn, entry, 0)).toHaveLength(34)
})
