import { expect, test } from 'vitest'
import { readBaseOffset, readPartitionLeaderEpoch } from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import type { Log } from './log.ts'
import type { LogSlice } from './log-slice.ts'
import { batchOf, directoryWithLog, eventsOf, nextLife, openDirectory } from './test-fixture.ts'

const everything = { maxBytes: 10_000_000, maxOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }

async function valuesFrom(log: Log, offset: number): Promise<string[]> {
  const values: string[] = []
  let next = offset
  while (next < log.logEndOffset) {
    const slice: LogSlice = await log.read(next, everything)
    for (const record of slice.chunks.flatMap((chunk) => batchesIn(chunk)))
      if (record.offset >= next) values.push(`${record.offset}=${record.value?.toString()}`)
    next = slice.endOffset
    slice.release()
  }
  return values
}

function batchesIn(chunk: Buffer): { offset: number; value: Buffer | null }[] {
  const records: { offset: number; value: Buffer | null }[] = []
  for (let at = 0; at < chunk.length; at += chunk.readInt32BE(at + 8) + 12) {
    for (const { offset, value } of recordsOf(chunk, at))
      records.push({ offset, value: value === null ? null : Buffer.from(value) })
  }
  return records
}

test('an append gets the next offsets and the leader epoch, whatever the producer had put there', async () => {
  const { log } = await directoryWithLog()
  expect(log.append(batchOf(['a', 'b']), { leaderEpoch: 3 })).toEqual({
    baseOffset: 0,
    lastOffset: 1,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    duplicate: false,
  })
  const second = batchOf(['c'], { baseOffset: 77, leaderEpoch: 1 })
  expect(log.append(second, { leaderEpoch: 3 })).toMatchObject({ baseOffset: 2, lastOffset: 2 })
  expect([readBaseOffset(second, 0), readPartitionLeaderEpoch(second, 0)]).toEqual([2, 3])
  expect(await valuesFrom(log, 0)).toEqual(['0=a', '1=b', '2=c'])
})

test('onWritten is called once for all appends of a turn', async () => {
  const { log, runtime } = await directoryWithLog()
  const told: number[] = []
  log.onWritten = (offset) => told.push(offset)
  log.append(batchOf(['a']), { leaderEpoch: 0 })
  log.append(batchOf(['b', 'c']), { leaderEpoch: 0 })
  expect(told).toEqual([])
  runtime.clock.runDeferred()
  expect(told).toEqual([3])
  expect(log.writtenOffset).toBe(3)
})

test('a log is the same after a clean stop, and no file of batches is read for it', async () => {
  const { log, directory, runtime } = await directoryWithLog({ segmentBytes: 200 })
  for (let index = 0; index < 20; index++) {
    log.append(batchOf([`value ${index}`]), { leaderEpoch: index >> 2 })
    runtime.clock.runDeferred()
  }
  const before = await valuesFrom(log, 0)
  const epochs = log.epochs.entries
  await directory.close()
  const opened: string[] = []
  const again = nextLife(runtime)
  again.disk.beforeOperation = (operation, path) => void (operation === 'open' && opened.push(path))
  const reopened = eventsOf(await openDirectory(again, { segmentBytes: 200 }))
  expect(opened).toEqual([])
  expect(reopened.logEndOffset).toBe(20)
  expect(reopened.epochs.entries).toEqual(epochs)
  expect(await valuesFrom(reopened, 0)).toEqual(before)
})

test('a log is the same after the process was killed', async () => {
  const { log, runtime } = await directoryWithLog({ segmentBytes: 200 })
  for (let index = 0; index < 20; index++)
    log.append(batchOf([`value ${index}`]), { leaderEpoch: index >> 2 })
  runtime.clock.runDeferred()
  const before = await valuesFrom(log, 0)
  const disk = runtime.disk.killProcess()
  const reopened = eventsOf(await openDirectory(nextLife(runtime, disk), { segmentBytes: 200 }))
  expect(reopened.state).toBe('open')
  expect(reopened.topicId).toBe(log.topicId)
  expect(reopened.epochs.entries).toEqual(log.epochs.entries)
  expect(await valuesFrom(reopened, 0)).toEqual(before)
})
