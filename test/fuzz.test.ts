/** A few seconds of `npm run fuzz`, from the same seed in every run; a failure tells the frame and how to send it again. */
import { expect, test } from 'vitest'
import { Run } from './fuzz/run.ts'
import { inProcess } from './fuzz/target.ts'

const SEED = 4
const FRAMES = 5000

test('whatever frames come, the broker stands, forgets them, and serves others as if nothing had happened', async () => {
  let run: Run | undefined
  const target = await inProcess({ seed: SEED, onBug: (error) => run?.bug(error) })
  run = new Run(target, { seed: SEED, frames: FRAMES, seconds: 50, watchesMemory: true })
  const outcome = await run.execute()
  await target.close()
  const failures = outcome.failures.map(({ what, frames }) => {
    const suspects = frames.map(({ n, kind }) => `--only ${n} (${kind})`).join(', ')
    return `${what}\nnpm run fuzz -- --seed ${SEED} ${suspects}`
  })
  expect(failures).toEqual([])
  expect(outcome.frames).toBe(FRAMES)
  expect(outcome.answers).toBeGreaterThan(outcome.frames / 4)
  expect(outcome.canaryRecords).toBeGreaterThan(10)
}, 60_000)
