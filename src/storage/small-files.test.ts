import { expect, test } from 'vitest'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { SeededRandom } from '../runtime/seeded-random.ts'
import {
  decodeEpochCheckpoint,
  decodeOffsetCheckpoint,
  encodeEpochCheckpoint,
  encodeOffsetCheckpoint,
} from './checkpoint-file.ts'
import { deletedFolderName, offsetFileName, parseFolderName, parseOffsetFileName } from './file-names.ts'
import { encodePartitionMetadata, readTopicId, ZERO_TOPIC_ID } from './log-folder.ts'
import { claimDirectory, decodeMetaProperties } from './meta-properties.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'

test('an offset checkpoint reads as Kafka writes it', () => {
  const offsets = decodeOffsetCheckpoint('0\n2\nevents 0 1500\n__consumer_offsets 49 7\n')
  expect([...(offsets ?? [])]).toEqual([
    ['events-0', 1500],
    ['__consumer_offsets-49', 7],
  ])
  const rows = [{ topic: 'events', partition: 0, offset: 1500 }]
  expect(encodeOffsetCheckpoint(rows)).toBe('0\n1\nevents 0 1500\n')
  expect(encodeOffsetCheckpoint([])).toBe('0\n0\n')
})

test.each([
  '',
  '1\n0\n',
  '0\n2\nevents 0 1\n',
  '0\n1\nevents 0\n',
  '0\n1\nevents 0 -5\n',
  '0\n1\nevents x 5\n',
])('a checkpoint that is not whole is not believed: %j', (text) => {
  expect(decodeOffsetCheckpoint(text)).toBe(undefined)
})

test('an epoch checkpoint is the same after writing and reading', () => {
  const entries = [
    { epoch: 0, startOffset: 0 },
    { epoch: 3, startOffset: 17 },
  ]
  expect(encodeEpochCheckpoint(entries)).toBe('0\n2\n0 0\n3 17\n')
  expect(decodeEpochCheckpoint(encodeEpochCheckpoint(entries))).toEqual(entries)
  expect(decodeEpochCheckpoint('0\n1\n0\n')).toBe(undefined)
})

test('a topic with dashes and digits keeps its name in the folder', () => {
  expect(parseFolderName('a-1-b-12')).toEqual({ topic: 'a-1-b', partition: 12 })
  expect(parseFolderName('no partition-1')).toBe(undefined)
  expect(parseFolderName('events-0.abc-delete')).toBe(undefined)
})

test('names of files have twenty digits', () => {
  expect(offsetFileName(42, '.log')).toBe('00000000000000000042.log')
  expect(parseOffsetFileName('00000000000000000042.txnindex')).toEqual({ offset: 42, suffix: '.txnindex' })
  expect(parseOffsetFileName('42.log')).toBe(undefined)
  expect(parseOffsetFileName('99999999999999999999.log')).toBe(undefined)
})

test('the folder of a deleted topic has a name that every file system takes', () => {
  const name = deletedFolderName('t'.repeat(249), 12, 'a'.repeat(32))
  expect(name).toHaveLength(255)
  expect(name.endsWith(`-12.${'a'.repeat(32)}-delete`)).toBe(true)
})

test('partition.metadata tells the topic id; without it the id is zero', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('events-0')
  expect(readTopicId(disk, 'events-0')).toBe(ZERO_TOPIC_ID)
  disk.writeWhole('events-0/partition.metadata', encodePartitionMetadata('Hmt26A99SPuKo8yzBE2mQA'))
  expect(readTopicId(disk, 'events-0')).toBe('Hmt26A99SPuKo8yzBE2mQA')
  disk.writeWhole('events-0/partition.metadata', 'version: 0\ntopic_id: Hmt26')
  expect(readTopicId(disk, 'events-0')).toBe(ZERO_TOPIC_ID)
})

test('meta.properties reads as Kafka writes it', () => {
  const text =
    '#\n#Mon Nov 23 10:46:02 UTC 2026\nnode.id=1\ndirectory.id=6qWn-uczmm2frsSwRb0-XQ\nversion=1\ncluster.id=4L6g3nShT-eMCtK--X86sw\n'
  expect(decodeMetaProperties(text)).toEqual({
    nodeId: 1,
    directoryId: '6qWn-uczmm2frsSwRb0-XQ',
    clusterId: '4L6g3nShT-eMCtK--X86sw',
  })
  expect(() => decodeMetaProperties('version=7\n')).toThrow(/version 7/)
})

test('a directory keeps its ids, and is refused to another node or cluster', () => {
  const runtime = { disk: new MemoryDisk(), random: new SeededRandom(1) }
  const first = claimDirectory(runtime, 1, undefined)
  expect(first.clusterId).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect(claimDirectory(runtime, 1, undefined)).toEqual(first)
  expect(claimDirectory(runtime, 1, first.clusterId)).toEqual(first)
  expect(() => claimDirectory(runtime, 2, undefined)).toThrow(/belongs to node 1/)
  expect(() => claimDirectory(runtime, 1, 'other')).toThrow(/belongs to cluster/)
})

test('a producer snapshot that Kafka wrote is read, and written the same', () => {
  const bytes = Buffer.from(KAFKA_SNAPSHOT, 'hex')
  const entries = decodeProducerSnapshot(bytes)
  expect(entries?.map(({ producerId, epoch, lastSequence }) => [producerId, epoch, lastSequence])).toEqual([
    [0, 0, 499],
  ])
  expect(entries?.[0]?.lastBatch).toMatchObject({ lastOffset: 499, offsetDelta: 49 })
  expect(encodeProducerSnapshot(entries ?? [])).toEqual(bytes)
})

test('a producer snapshot with any byte changed, or cut anywhere, is not believed', () => {
  const bytes = Buffer.from(KAFKA_SNAPSHOT, 'hex')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
    expect(decodeProducerSnapshot(changed)).toBe(undefined)
    expect(decodeProducerSnapshot(bytes.subarray(0, at))).toBe(undefined)
  }
})

/** Of a log to which one idempotent producer had sent 500 records, in batches of 50. */
const KAFKA_SNAPSHOT =
  '000173bf30be0000000100000000000000000000000001f300000000000001f300000031000001a208035532ffffffffffffffffffffffff'
