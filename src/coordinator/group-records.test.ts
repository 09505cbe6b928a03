import { describe, expect, test } from 'vitest'
import type { CoordinatorRecord } from './coordinator-log.ts'
import {
  groupMetadataRecord,
  groupTombstone,
  offsetRecord,
  offsetTombstone,
  parseGroupRecord,
} from './group-records.ts'

/** Keys and values as Apache Kafka 4.4 wrote them to `__consumer_offsets`, read back with a plain consumer. */
const kafka = {
  offset: fromHex(
    '0001000673696d706c65000370617900000000',
    '00040000000000000005000000000474656e000001a207e838c00100107a873aa4412e4a79b629f98a8d1f6281',
  ),
  offsetWithRetention: fromHex(
    '00010003726574000370617900000000',
    '0001000000000000000500016d000001a207e838a4000001a20dde19a4',
  ),
  offsetTombstone: fromHex('00010000000370617900000000', null),
  staticMember: fromHex(
    '000200027374',
    '00030008636f6e73756d657200000001000572616e6765002769312d66336336373530662d313961392d343537312d383731662d' +
      '386236383365333538376633000001a207e8394400000001002769312d66336336373530662d313961392d343537312d383731' +
      '662d38623638336533353837663300026931000570726f6265000a2f3132372e302e302e3100002710000027100000000f0000' +
      '00000001000370617900000000000000026869',
  ),
  emptyGroup: fromHex('000200036a7634', '00030008636f6e73756d657200000002ffffffff000001a207e8394200000000'),
  groupTombstone: fromHex('000200036e6567', null),
}

describe('records are byte for byte those of Kafka', () => {
  test.each(Object.entries(kafka))('%s', (_name, record) => {
    expect(hex(written(record))).toEqual(hex(record))
  })
})

test('an offset is read with everything that Kafka wrote about it', () => {
  expect(parseGroupRecord(kafka.offset, 12)).toEqual({
    kind: 'offset',
    groupId: 'simple',
    topic: 'pay',
    partition: 0,
    committed: {
      offset: 5,
      leaderEpoch: 0,
      metadata: 'ten',
      commitTimestampMs: 0x1a207e838c0,
      expireTimestampMs: -1,
      topicId: 'eoc6pEEuSnm2KfmKjR9igQ',
      recordOffset: 12,
    },
  })
})

test('a group is read as stable with its members, or as empty without', () => {
  const stable = parseGroupRecord(kafka.staticMember, 0)
  expect(stable).toMatchObject({ groupId: 'st', group: { phase: 'Stable', generationId: 1 } })
  const empty = parseGroupRecord(kafka.emptyGroup, 0)
  expect(empty).toMatchObject({
    groupId: 'jv4',
    group: { phase: 'Empty', generationId: 2, protocolName: null },
  })
})

test('records of other kinds of groups are left alone', () => {
  const key = Buffer.from('0003000161', 'hex')
  expect(parseGroupRecord({ key, value: null }, 0)).toEqual({ kind: 'other', type: 3 })
})

test('the form of offsets before Kafka 0.9 is still read', () => {
  const record = fromHex(
    '0000000161000162' + '00000002',
    '0000' + '0000000000000009' + '00016d' + '0000000000000001',
  )
  expect(parseGroupRecord(record, 0)).toMatchObject({
    groupId: 'a',
    topic: 'b',
    partition: 2,
    committed: { offset: 9 },
  })
})

function written(record: CoordinatorRecord): CoordinatorRecord {
  const parsed = parseGroupRecord(record, 0)
  if (parsed.kind === 'group')
    return parsed.group === undefined ? groupTombstone(parsed.groupId) : groupMetadataRecord(parsed.group)
  if (parsed.kind === 'other') throw new Error('no record of ours')
  const { groupId, topic, partition, committed } = parsed
  if (committed === undefined) return offsetTombstone(groupId, topic, partition)
  return offsetRecord(groupId, topic, partition, committed)
}

function fromHex(key: string, value: string | null): CoordinatorRecord {
  return { key: Buffer.from(key, 'hex'), value: value === null ? null : Buffer.from(value, 'hex') }
}

function hex({ key, value }: CoordinatorRecord): { key: string; value: string | undefined } {
  return { key: key.toString('hex'), value: value?.toString('hex') }
}
