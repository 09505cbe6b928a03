/**
 * Random lives of a compacted log: records of all codecs, tombstones, idempotent and transactional producers, rolls and
 * compactions, and deaths and power cuts at any step of a compaction. Whatever happens, who reads the log and keeps the
 * last record of each key has what he would have without compaction.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../runtime/memory-disk.ts'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { codecNames } from '../../wire/compression/codec.ts'
import { directoryWithLog } from '../log.fixture.ts'
import { CompactedLife, lifeConfig, lifeOptions, type NewData } from './compacted-life.fixture.ts'
import { commit } from './compaction.fixture.ts'

type Ending = { kind: 'kill' } | { kind: 'powerCut'; seed: number }

type Step =
  | { kind: 'append'; data: NewData }
  | { kind: 'end'; producer: number; committed: boolean }
  | { kind: 'roll' | 'tick' | 'flush' | 'compact' | 'restart' | 'epoch' | 'forgetSnapshots' }
  | { kind: 'pass'; ms: number }
  | { kind: 'die'; atOperation: number; ending: Ending }

const data: fc.Arbitrary<NewData> = fc.record({
  records: fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 7 }),
      isTombstone: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  producer: fc.integer({ min: -1, max: 2 }),
  transactional: fc.boolean(),
  codec: fc.constantFrom(...codecNames),
})

const ending: fc.Arbitrary<Ending> = fc.oneof(
  fc.constant({ kind: 'kill' as const }),
  fc.record({ kind: fc.constant('powerCut' as const), seed: fc.integer({ min: 0, max: 1_000_000 }) }),
)

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('append' as const), data }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      producer: fc.integer({ min: 0, max: 2 }),
      committed: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...([
          'roll',
          'tick',
          'flush',
          'compact',
          'compact',
          'compact',
          'restart',
          'epoch',
          'forgetSnapshots',
        ] as const),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 6000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('die' as const),
      atOperation: fc.integer({ min: 1, max: 40 }),
      ending,
    }),
  },
)

/** Compacts on a disk that ends so many operations later; gives the disk as it is found then. */
async function dieWhileCompacting(
  life: CompactedLife,
  atOperation: number,
  how: Ending,
): Promise<MemoryDisk> {
  await commit(life)
  const { disk } = life.runtime
  let next: MemoryDisk | undefined
  let operations = 0
  const endDisk = (): MemoryDisk =>
    how.kind === 'kill' ? disk.killProcess() : disk.crash(new SeededRandom(how.seed))
  disk.beforeOperation = () => {
    if (++operations === atOperation) next ??= endDisk()
  }
  await life.directory.compact()
  disk.beforeOperation = () => undefined
  const found = next ?? endDisk()
  // Timers of the dead are of no more use.
  await life.directory.close().catch(() => undefined)
  return found
}

async function die(life: CompactedLife, atOperation: number, how: Ending): Promise<void> {
  await life.directory.runChores()
  const disk = await dieWhileCompacting(life, atOperation, how)
  await life.reopen(disk)
  if (how.kind === 'kill') return
  life.forgetFrom(life.log.logEndOffset)
}

async function take(life: CompactedLife, step: Step): Promise<void> {
  const { log, runtime } = life
  switch (step.kind) {
    case 'append':
      return life.append(step.data)
    case 'end':
      return life.end(step.producer, step.committed)
    case 'roll':
      return log.roll()
    case 'tick':
      return runtime.clock.runDeferred()
    case 'epoch':
      life.epoch++
      return
    case 'flush':
      runtime.clock.runDeferred()
      await log.store.writer.whenIdle()
      return log.flush()
    case 'pass':
      return runtime.clock.advance(step.ms)
    case 'compact':
      await life.compact()
      return life.check()
    case 'restart':
      await life.directory.close()
      await life.reopen(runtime.disk)
      return life.check()
    case 'forgetSnapshots':
      return forgetSnapshots(life)
    case 'die':
      await die(life, step.atOperation, step.ending)
      return life.check()
  }
}

/** As if another broker had left the folder: the producers' state must be in the batches. */
async function forgetSnapshots(life: CompactedLife): Promise<void> {
  await commit(life)
  await log(life).flush()
  const disk = life.runtime.disk.killProcess()
  for (const { name } of disk.list('events-0'))
    if (name.endsWith('.snapshot')) disk.remove(`events-0/${name}`)
  disk.remove('recovery-point-offset-checkpoint')
  await life.reopen(disk)
  await life.check()
}

function log(life: CompactedLife): CompactedLife['log'] {
  return life.log
}

/** With one batch on the medium: what was never written needn't be there again. */
async function newLife(): Promise<CompactedLife> {
  const life = new CompactedLife(await directoryWithLog(lifeConfig, undefined, lifeOptions))
  const records = [{ key: 0, isTombstone: false }]
  life.append({ records, producer: -1, transactional: false, codec: 'none' })
  life.runtime.clock.runDeferred()
  await life.log.flush()
  return life
}

test('whatever happens to a compacted log, the last record of each key is there, and no offset changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60, size: 'max' }), async (plan) => {
      const life = await newLife()
      for (const step of plan) await take(life, step)
      await life.compact()
      await life.check()
    }),
    { numRuns: 150, interruptAfterTimeLimit: 8_000 },
  )
}, 30_000)

/** A life of several segments, with transactions, on the way to its second compaction. */
async function busyLife(): Promise<CompactedLife> {
  const life = await newLife()
  const write = (producer: number, transactional: boolean, from: number): void => {
    for (let index = 0; index < 4; index++) {
      const records = [0, 1, 2].map((n) => ({
        key: (from + index + n) % 8,
        isTombstone: (index + n) % 5 === 0,
      }))
      life.append({ records, producer, transactional, codec: codecNames[index % 5] ?? 'none' })
    }
  }
  for (let round = 0; round < 3; round++) {
    write(-1, false, round)
    write(0, true, round + 3)
    write(1, true, round + 5)
    life.end(0, round !== 1)
    life.end(1, round === 1)
    life.log.roll()
    if (round === 0) await life.compact()
  }
  await commit(life)
  await life.log.flush()
  return life
}

async function operationsOfACompaction(): Promise<number> {
  const life = await busyLife()
  let operations = 0
  life.runtime.disk.beforeOperation = () => operations++
  await life.compact()
  await life.check()
  return operations
}

test('a death or a power cut at any step of a compaction leaves the log as it was, or compacted', async () => {
  const operations = await operationsOfACompaction()
  expect(operations).toBeGreaterThan(20)
  for (let at = 1; at <= operations; at++) {
    for (const how of [{ kind: 'kill' as const }, { kind: 'powerCut' as const, seed: at }]) {
      const life = await busyLife()
      await life.reopen(await dieWhileCompacting(life, at, how))
      await life.compact()
      await life.check()
      const files = life.runtime.disk.list('events-0').map(({ name }) => name)
      expect(
        files.filter((name) => /cleaned|swap/.test(name)),
        `${at} ${JSON.stringify(how)}`,
      ).toEqual([])
    }
  }
}, 60_000)
