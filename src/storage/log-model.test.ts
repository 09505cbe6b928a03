/**
 * Random lives of a log, held against an array of records: appends, reads, cuts, deletions, stops, deaths and power
 * cuts in any order. What a reader is given must always be what was appended; what may be lost is what was not synced,
 * and only from the end.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { checkAll, Life, steps, take } from './log-life.fixture.ts'

test('whatever happens to a log, it holds what was appended, less what was cut or not synced', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 5, maxLength: 60, size: 'max' }),
      fc.boolean(),
      fc.boolean(),
      async (plan, isSlow, isLarge) => {
        const disk = new MemoryDisk({ crashable: true })
        if (isSlow) disk.delay = () => new Promise((resolve) => setImmediate(resolve))
        const life = await Life.begin(disk, { isLarge })
        for (const step of plan) {
          await take(life, step)
          expect(life.log.logEndOffset).toBe(life.logEnd)
        }
        await checkAll(life)
      },
    ),
    // Shrinking takes its time; what it has found by then is told.
    { numRuns: 100, interruptAfterTimeLimit: 6_000 },
  )
})
