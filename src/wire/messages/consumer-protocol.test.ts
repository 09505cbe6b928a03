import { AssignerProtocol } from 'kafkajs'
import { expect, test } from 'vitest'
import { encodeVersioned } from '../schema/versioned.ts'
import { WireError } from '../wire-error.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeAssignment,
  decodeSubscription,
} from './consumer-protocol.ts'

test("kafkajs' subscription is read, and ours is written as kafkajs writes it", () => {
  const value = { topics: ['orders', 'invoices'], userData: Buffer.from('x') }
  const theirs = AssignerProtocol.MemberMetadata.encode({ version: 0, ...value })
  expect(decodeSubscription(theirs)).toEqual({
    ...value,
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
  })
  expect(encodeVersioned(consumerProtocolSubscription, value, 0)).toEqual(theirs)
})

test("kafkajs' assignment is read, and kafkajs reads ours", () => {
  const theirs = AssignerProtocol.MemberAssignment.encode({
    version: 0,
    assignment: { orders: [0, 2] },
    userData: Buffer.alloc(0),
  })
  const value = { assignedPartitions: [{ topic: 'orders', partitions: [0, 2] }], userData: Buffer.alloc(0) }
  expect(decodeAssignment(theirs)).toEqual(value)
  const ours = encodeVersioned(consumerProtocolAssignment, value, 0)
  expect(AssignerProtocol.MemberAssignment.decode(ours)?.assignment).toEqual({ orders: [0, 2] })
})

test('a version newer than any known is read as the newest known one', () => {
  const value = {
    topics: ['orders'],
    ownedPartitions: [{ topic: 'orders', partitions: [1] }],
    generationId: 4,
    rackId: 'a',
  }
  const bytes = Buffer.concat([encodeVersioned(consumerProtocolSubscription, value, 3), Buffer.from('more')])
  bytes.writeInt16BE(9, 0)
  expect(decodeSubscription(bytes)).toEqual({ ...value, userData: null })
})

test.each(['', '00', 'ffff00000000', '0000', '00000000000100'])('%s is no subscription', (hex) => {
  expect(() => decodeSubscription(Buffer.from(hex, 'hex'))).toThrow(WireError)
})
