import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { batchOf, directoryWithLog, errorOf, recordsIn } from './log.fixture.ts'
import type { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'

const NO_END = Number.MAX_SAFE_INTEGER

/** A log with batches of two records each, of about these sizes, in files alone or in memory as well. */
async function logWith(sizes: readonly number[], from: 'files' | 'memory', config: Partial<LogConfig> = {}) {
  const tailCacheBytes = from === 'files' ? 0 : 1e9
  const { runtime, directory, log } = await directoryWithLog(config, undefined, { tailCacheBytes })
  for (const [index, size] of sizes.entries()) {
    log.append(batchOf([`${index}`, 'x'.repeat(size)]), { leaderEpoch: 0 })
  }
  runtime.clock.runDeferred()
  await log.store.writer.whenIdle()
  // Even an empty cache lets go of the last ones only when others come.
  log.append(batchOf(['last', 'x'.repeat(sizes.at(-1) ?? 0)]), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  await log.store.writer.whenIdle()
  const take = vi.spyOn(directory.buffers, 'take')
  return {
    log,
    disk: runtime.disk,
    close: () => directory.close(),
    takenBytes: () => take.mock.calls.map(([bytes]) => bytes),
  }
}

async function read(log: Log, offset: number, maxBytes: number) {
  const slice = await log.read(offset, { maxBytes, maxOffset: NO_END, minOneBatch: true })
  const { startOffset, endOffset, sizeBytes } = slice
  const numbers = recordsIn(slice).filter((record) => !record.includes('x'))
  slice.release()
  return { startOffset, endOffset, sizeBytes, numbers }
}

test('what is read from files begins as what is read from memory, whatever the sizes of batches', async () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 5_000, max: 60_000 }))
  const sizes = fc.array(size, { minLength: 1, maxLength: 30 })
  const asked = fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 200_000 })), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(sizes, asked, async (batches, reads) => {
      const [filed, cached] = [await logWith(batches, 'files'), await logWith(batches, 'memory')]
      for (const [wished, maxBytes] of reads) {
        const offset = wished % (2 * batches.length)
        const [found, all] = [
          await read(filed.log, offset, maxBytes),
          await read(cached.log, offset, maxBytes),
        ]
        expect(found.startOffset).toBe(all.startOffset)
        expect(found.numbers).toEqual(all.numbers.slice(0, Math.max(1, found.numbers.length)))
        expect(found.endOffset).toBe(found.startOffset + 2 * found.numbers.length)
      }
      expect([filed.takenBytes().length > 0, cached.takenBytes().length]).toEqual([true, 0])
      await filed.close()
      await cached.close()
    }),
    { numRuns: 60 },
  )
})

test('of large batches no more is read from a file than is given', async () => {
  const { log, close, takenBytes } = await logWith(Array<number>(20).fill(240_000), 'files')
  // To a batch's first record the index leads by the batch before, whose head says where it ends.
  const first = await read(log, 8, 1024 * 1024)
  expect(first.numbers).toEqual(['8=4', '10=5', '12=6', '14=7'])
  const following = await read(log, 16, 1024 * 1024)
  expect(following.numbers).toEqual(['16=8', '18=9', '20=10', '22=11'])
  const ending = await read(log, 25, 1024 * 1024)
  expect(ending.numbers).toEqual(['24=12', '26=13', '28=14', '30=15'])
  const [head, ...wholes] = takenBytes()
  expect(head).toBeLessThan(100)
  expect(wholes).toHaveLength(3)
  for (const bytes of wholes) expect(bytes).toBeLessThan(first.sizeBytes + 20_000)
  await close()
})

test('what fits is given up to the end of the file', async () => {
  const { log, close, takenBytes } = await logWith(Array<number>(3).fill(240_000), 'files')
  const whole = await read(log, 0, 1024 * 1024)
  expect(whole.numbers).toEqual(['0=0', '2=1', '4=2', '6=last'])
  expect(takenBytes()).toEqual([whole.sizeBytes])
  await close()
})

test('a file that retention removes while it is read is read to the end', async () => {
  const sizes = Array<number>(6).fill(240_000)
  const { log, close, takenBytes } = await logWith(sizes, 'files', { segmentBytes: 600_000 })
  const reading = read(log, 2, 1024 * 1024)
  log.deleteRecordsBefore(8)
  expect((await reading).numbers).toEqual(['2=1'])
  expect(takenBytes()).toHaveLength(2)
  expect(await errorOf(() => read(log, 2, 1024 * 1024))).toBe('OFFSET_OUT_OF_RANGE')
  await close()
})

test('a batch whose length reaches beyond its file is corrupt, not the end of the log', async () => {
  const { log, disk, close } = await logWith(Array<number>(4).fill(240_000), 'files')
  const position = log.segments[0]?.positionBefore(3) ?? 0
  const file = disk.open('events-0/00000000000000000000.log')
  file.writeSync([Buffer.from([0x70])], position + 8)
  file.close()
  expect(await errorOf(() => read(log, 4, 1024 * 1024))).toBe('CORRUPT_MESSAGE')
  await close()
})
