import { expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { codecNames } from '../../wire/compression/codec.ts'
import { buildBatch } from '../../wire/records/batch-builder.ts'
import {
  codecOf,
  hasDeleteHorizon,
  readAttributes,
  readBaseTimestamp,
} from '../../wire/records/batch-header.ts'
import { readRecords } from '../emptied-batches.ts'
import { eventsOf, markerOf, nextLife, openDirectory, testRuntime } from '../log.fixture.ts'
import {
  batchesOf,
  type Compacted,
  commit,
  compact,
  compactedLog,
  put,
  recordOf,
  recordsOfLog,
} from './compaction.fixture.ts'

const DAY_MS = 24 * 3_600_000

/** A batch of a producer, its sequence the next one. */
function produce(
  compacted: Compacted,
  texts: string[],
  producer: { id: number; sequence: number; transactional?: boolean },
): void {
  put(compacted, texts, {
    producerId: producer.id,
    producerEpoch: 0,
    baseSequence: producer.sequence,
    transactional: producer.transactional ?? false,
  })
}

function end(compacted: Compacted, producerId: number, committed: boolean): void {
  compacted.log.append(markerOf(committed, producerId, 0, 1), { leaderEpoch: 0, origin: 'coordinator' })
}

/** Something newer in the log, so that there is something to compact. */
async function compactAgain(compacted: Compacted): Promise<void> {
  put(compacted, ['more=x'])
  await compact(compacted)
}

async function headers(compacted: Compacted): Promise<{ horizon: bigint | undefined; codec: number }[]> {
  const slice = await compacted.log.read(0, {
    maxBytes: 1e6,
    maxOffset: Number.MAX_SAFE_INTEGER,
    minOneBatch: true,
  })
  const bytes = Buffer.concat(slice.chunks)
  const found: { horizon: bigint | undefined; codec: number }[] = []
  for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at + 8) + 12) {
    const attributes = readAttributes(bytes, at)
    const horizon = hasDeleteHorizon(attributes) ? readBaseTimestamp(bytes, at) : undefined
    found.push({ horizon, codec: codecOf(attributes) })
  }
  return found
}

test('of each key the last record is left, at its offset', async () => {
  const compacted = await compactedLog()
  put(compacted, ['a=1', 'b=1'])
  put(compacted, ['a=2', 'c=1'])
  put(compacted, ['b=2'])
  await compact(compacted)
  put(compacted, ['c=2'])
  await commit(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['2:a=2', '3:c=1', '4:b=2', '5:c=2'])
  expect(compacted.log.logEndOffset).toBe(6)
})

test('the active segment is left as it is', async () => {
  const compacted = await compactedLog()
  put(compacted, ['a=1'])
  put(compacted, ['a=2'])
  compacted.runtime.clock.runDeferred()
  compacted.log.highWatermark = 2
  await compacted.directory.compact()
  expect(await recordsOfLog(compacted.log)).toEqual(['0:a=1', '1:a=2'])
})

test('reading at an offset that was compacted away gives what comes next', async () => {
  const compacted = await compactedLog()
  for (const value of ['1', '2', '3', '4']) put(compacted, [`a=${value}`])
  await compact(compacted)
  for (const offset of [0, 1, 2, 3]) expect(await recordsOfLog(compacted.log, offset)).toEqual(['3:a=4'])
})

test('closed segments become one, of the first one’s name', async () => {
  const compacted = await compactedLog()
  for (let index = 0; index < 5; index++) {
    put(compacted, [`k${index}=x`])
    compacted.log.roll()
  }
  await compact(compacted)
  expect(compacted.log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 5])
  await compacted.directory.close()
  const files = compacted.runtime.disk.list('events-0').map(({ name }) => name)
  expect(files.filter((name) => name.endsWith('.log'))).toEqual([
    '00000000000000000000.log',
    '00000000000000000005.log',
  ])
  expect(files.filter((name) => /deleted|swap|cleaned/.test(name))).toEqual([])
})

test('segments are not put together beyond segment.bytes', async () => {
  const compacted = await compactedLog({ segmentBytes: 200 })
  for (let index = 0; index < 6; index++) {
    put(compacted, [`k${index}=x`])
    compacted.log.roll()
  }
  await compact(compacted)
  expect(compacted.log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4, 6])
})

test('a log is compacted when more than min.cleanable.dirty.ratio of it is dirty', async () => {
  const compacted = await compactedLog({ minCleanableRatio: 0.5 })
  put(compacted, ['a=1', 'b=1', 'c=1', 'd=1'])
  await compact(compacted)
  put(compacted, ['a=2'])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log), 'too little is dirty').toContain('0:a=1')
  put(compacted, ['b=2', 'c=2', 'd=2'])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['4:a=2', '5:b=2', '6:c=2', '7:d=2'])
})

test('what is younger than min.compaction.lag.ms is left', async () => {
  const compacted = await compactedLog({ minCompactionLagMs: 1000 })
  put(compacted, ['a=1'])
  await commit(compacted)
  compacted.runtime.clock.advance(600)
  put(compacted, ['a=2'])
  await commit(compacted)
  compacted.runtime.clock.advance(600)
  put(compacted, ['a=3'])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['0:a=1', '1:a=2', '2:a=3'])
  compacted.runtime.clock.advance(600)
  await compacted.directory.compact()
  expect(await recordsOfLog(compacted.log)).toEqual(['1:a=2', '2:a=3'])
})

test('after max.compaction.lag.ms it is compacted whatever the ratio says', async () => {
  const compacted = await compactedLog({ minCleanableRatio: 1, maxCompactionLagMs: 5000 })
  put(compacted, ['a=1'])
  put(compacted, ['a=2'])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toHaveLength(2)
  compacted.runtime.clock.advance(6000)
  await compacted.directory.compact()
  expect(await recordsOfLog(compacted.log)).toEqual(['1:a=2'])
})

test('a tombstone is kept for delete.retention.ms after the cleaning that met it, with the time in its batch', async () => {
  const compacted = await compactedLog({ deleteRetentionMs: DAY_MS })
  put(compacted, ['a=1', 'b=1'])
  put(compacted, ['a', 'c=1'])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['1:b=1', '2:a', '3:c=1'])
  const horizon = BigInt(compacted.runtime.clock.nowMs() + DAY_MS)
  expect((await headers(compacted)).map((header) => header.horizon)).toEqual([undefined, horizon])

  compacted.runtime.clock.advance(DAY_MS - 1)
  await compactAgain(compacted)
  expect(await recordsOfLog(compacted.log)).toContain('2:a')
  expect((await headers(compacted))[1]?.horizon, 'the first cleaning counts').toBe(horizon)
  compacted.runtime.clock.advance(1)
  await compactAgain(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['1:b=1', '3:c=1', '5:more=x'])
})

test('records without a key, from before the topic was compacted, go', async () => {
  const compacted = await compactedLog()
  put(compacted, ['a=1'], {
    records: [{ value: Buffer.from('no key') }, { key: Buffer.from('a'), value: Buffer.from('1') }],
  })
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['1:a=1'])
})

test.each(codecNames)(
  'a %s batch that loses records is compressed anew, one that loses none stays as it is',
  async (codec) => {
    const compacted = await compactedLog()
    put(compacted, ['a=1', 'b=1', 'c=1'], { codec })
    put(compacted, ['d=1', 'e=1'], { codec })
    put(compacted, ['b=2'])
    await commit(compacted)
    const slice = await compacted.log.read(3, { maxBytes: 1, maxOffset: 5, minOneBatch: true })
    const before = Buffer.concat(slice.chunks).toString('hex')
    await compact(compacted)
    expect(await batchesOf(compacted.log)).toEqual([['0:a=1', '2:c=1'], ['3:d=1', '4:e=1'], ['5:b=2']])
    expect((await headers(compacted)).map((header) => codecNames[header.codec])).toEqual([
      codec,
      codec,
      'none',
    ])
    const after = await compacted.log.read(3, { maxBytes: 1, maxOffset: 5, minOneBatch: true })
    expect(Buffer.concat(after.chunks).toString('hex')).toBe(before)
  },
)

test('large batches are filtered like small ones', async () => {
  const compacted = await compactedLog()
  for (const codec of codecNames) {
    const keys = Array.from({ length: 5000 }, (_, index) => `key-${index}=${codec}-${'x'.repeat(30)}`)
    put(compacted, keys, { codec })
  }
  put(compacted, ['key-17=last'])
  await compact(compacted)
  const left = await recordsOfLog(compacted.log)
  expect(left).toHaveLength(5000)
  expect(left[16]).toContain(':key-16=zstd')
  expect(left.at(-1)).toBe('25000:key-17=last')
})

test('the last batch of a producer stays without its records, so that its next sequence is still known', async () => {
  const compacted = await compactedLog()
  produce(compacted, ['a=1', 'b=1'], { id: 7, sequence: 0 })
  produce(compacted, ['a=2'], { id: 7, sequence: 2 })
  put(compacted, ['a=3', 'b=2'])
  await compact(compacted)
  expect(await batchesOf(compacted.log)).toEqual([[], ['3:a=3', '4:b=2']])
  // Without its snapshots, as if another broker's.
  const disk = compacted.runtime.disk.killProcess()
  for (const { name } of disk.list('events-0')) if (name.endsWith('snapshot')) disk.remove(`events-0/${name}`)
  const directory = await openDirectory(nextLife(compacted.runtime, disk))
  expect(eventsOf(directory).producers.get(7)?.lastSequence).toBe(2)
})

test('whoever reads for records gets the first ones behind batches without any, if there are some', async () => {
  const compacted = await compactedLog({ segmentBytes: 100 })
  for (const text of ['a=1', 'a=2', 'a=3', 'b=1', 'a=4']) put(compacted, [text])
  await compact(compacted)
  const limits = { maxBytes: 1e6, maxOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }
  expect((await batchesOf(compacted.log))[0]).toEqual([])
  const found = await readRecords(compacted.log, 0, limits)
  expect([found.startOffset, found.endOffset]).toEqual([3, 5])
  const none = await readRecords(compacted.log, 0, { ...limits, maxOffset: 3 })
  expect([none.startOffset, none.sizeBytes > 0]).toEqual([0, true])
})

test('what an aborted transaction wrote goes at once, its marker after delete.retention.ms, its entry in the index with the data', async () => {
  const compacted = await compactedLog({ deleteRetentionMs: 1000 })
  put(compacted, ['a=1'])
  produce(compacted, ['a=2'], { id: 7, sequence: 0, transactional: true })
  end(compacted, 7, false)
  // The producer's last batch must not be among it.
  produce(compacted, ['z=1'], { id: 7, sequence: 1, transactional: true })
  end(compacted, 7, true)
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toHaveLength(4)
  expect((await recordsOfLog(compacted.log))[0]).toBe('0:a=1')
  expect(compacted.log.abortedTransactions(0, 10)).toHaveLength(1)

  await compactAgain(compacted)
  expect(compacted.log.abortedTransactions(0, 10), 'nothing of it is left').toEqual([])
  const offsets = async () => (await recordsOfLog(compacted.log)).map((text) => Number(text.split(':')[0]))
  expect(await offsets(), 'the marker is there for slow readers').toEqual([0, 2, 3, 4, 5])
  compacted.runtime.clock.advance(1000)
  await compactAgain(compacted)
  expect(await offsets()).toEqual([0, 3, 4, 6])
})

test('a committed transaction’s marker stays as long as any of its records', async () => {
  const compacted = await compactedLog({ deleteRetentionMs: 0 })
  produce(compacted, ['a=1', 'b=1'], { id: 7, sequence: 0, transactional: true })
  end(compacted, 7, true)
  produce(compacted, ['c=1'], { id: 7, sequence: 2 })
  put(compacted, ['a=2'])
  await compact(compacted)
  for (let round = 0; round < 3; round++) await compactAgain(compacted)
  expect((await recordsOfLog(compacted.log)).slice(0, 2).map((text) => text.split(':')[0])).toEqual([
    '1',
    '2',
  ])
  put(compacted, ['b=2'])
  await compact(compacted)
  for (let round = 0; round < 2; round++) await compactAgain(compacted)
  expect((await recordsOfLog(compacted.log))[0]).toBe('3:c=1')
})

test('nothing is compacted from the first open transaction on', async () => {
  const compacted = await compactedLog()
  put(compacted, ['a=1'])
  put(compacted, ['a=2'])
  compacted.log.roll()
  produce(compacted, ['t=1'], { id: 7, sequence: 0, transactional: true })
  put(compacted, ['b=1'])
  put(compacted, ['b=2'])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['1:a=2', '2:t=1', '3:b=1', '4:b=2'])
  end(compacted, 7, true)
  await compact(compacted)
  expect((await recordsOfLog(compacted.log)).slice(0, 3)).toEqual(['1:a=2', '2:t=1', '4:b=2'])
})

test('how far it has come is written in Kafka’s checkpoint', async () => {
  const compacted = await compactedLog()
  put(compacted, ['a=1', 'a=2'])
  await compact(compacted)
  const text = () => compacted.runtime.disk.readWhole('cleaner-offset-checkpoint')?.toString()
  expect(text()).toBe('0\n1\nevents 0 2\n')
  put(compacted, ['a=3'])
  await compact(compacted)
  expect(text()).toBe('0\n1\nevents 0 3\n')
})

test('epochs stay, also of those whose records are all gone', async () => {
  const compacted = await compactedLog()
  for (const leaderEpoch of [0, 3, 5]) {
    const records = [recordOf(`a=${leaderEpoch}`, 0n)]
    compacted.log.append(buildBatch({ records }), { leaderEpoch })
  }
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(['2:a=5'])
  const before = [0, 3, 5].map((epoch, startOffset) => ({ epoch, startOffset }))
  expect(compacted.log.epochs.entries).toEqual(before)
  const directory = await openDirectory(nextLife(compacted.runtime, compacted.runtime.disk.killProcess()))
  expect(eventsOf(directory).epochs.entries).toEqual(before)
})

test('with a map of few keys a log is compacted in several goes', async () => {
  const compacted = await compactedLog({}, { dedupeBufferBytes: 24 * 8 })
  for (const round of [1, 2]) for (let key = 0; key < 30; key++) put(compacted, [`k${key}=${round}`])
  await compact(compacted)
  expect(await recordsOfLog(compacted.log)).toEqual(
    Array.from({ length: 30 }, (_, key) => `${30 + key}:k${key}=2`),
  )
})

test('a damaged batch makes a log uncleanable, and it is served on', async () => {
  const complaints: string[] = []
  const logger = { ...silentLogger, error: (_fields: unknown, message: string) => complaints.push(message) }
  const compacted = await compactedLog({}, {}, { ...testRuntime(), logger })
  put(compacted, ['a=1'])
  put(compacted, ['a=2'])
  await commit(compacted)
  compacted.runtime.disk.flipBit('events-0/00000000000000000000.log', 65, 1)
  await compacted.directory.compact()
  put(compacted, ['a=3'])
  await compact(compacted)
  expect(compacted.log.state).toBe('open')
  expect(compacted.log.segments.length).toBeGreaterThan(2)
  expect(complaints).toEqual([
    'The log could not be compacted; it is served as it is, and not compacted until the next start.',
  ])
  const files = compacted.runtime.disk.list('events-0').map(({ name }) => name)
  expect(files.filter((name) => /cleaned|swap/.test(name))).toEqual([])
})
