import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import { GroupState } from '../group-state.ts'
import { DurableGroups } from '../modern/durable-groups.ts'
import { streamsGroupFormat } from './records.ts'
import { GROUP, outcome, StreamsRun, type StreamsThread } from './streams-run.fixture.ts'

type Step =
  | { readonly kind: 'beat' | 'quiet' | 'giveBack' | 'leave' | 'expire' | 'forget'; readonly thread: number }
  | { readonly kind: 'standbys'; readonly count: number }
  | { readonly kind: 'restart' }

const thread = fc.nat({ max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('beat' as const), thread }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('quiet' as const), thread }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('giveBack' as const), thread }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'expire', 'forget'), thread }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('standbys' as const), count: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
)

async function take(run: StreamsRun, each: Step): Promise<void> {
  if (each.kind === 'restart') return await run.restart()
  if (each.kind === 'standbys') {
    run.config = { ...run.config, standbyReplicas: each.count }
    return
  }
  const subject = run.threads[each.thread]
  if (subject === undefined) return
  if (each.kind === 'beat') await run.beat(subject)
  else if (each.kind === 'quiet') await run.beat(subject, 'nothing')
  else if (each.kind === 'giveBack') subject.revoking.clear()
  else if (each.kind === 'leave') await run.leave(subject)
  else if (each.kind === 'expire') await run.expire(subject)
  // It starts over, for an answer was lost: the group still has it.
  else subject.stop()
}

const nameOf = (task: string) => task.replace(/^\w+ /, '')

/** A task runs once, and a process has one copy of it, in whatever role. */
function expectOneOfEach(threads: readonly StreamsThread[]): void {
  const running = threads.flatMap(({ held }) => held.filter((task) => task.startsWith('active')))
  expect(running).toEqual([...new Set(running)])
  const copies = threads.flatMap(({ held, processId }) =>
    [...new Set(held.map(nameOf))].map((task) => `${processId} ${task}`),
  )
  expect(copies).toEqual([...new Set(copies)])
}

async function converge(run: StreamsRun): Promise<void> {
  for (let round = 0; round < 30; round++) {
    const before = JSON.stringify(run.threads.map(({ epoch, held }) => [epoch, held]))
    for (const each of run.threads) {
      await run.beat(each)
      expectOneOfEach(run.threads)
      each.revoking.clear()
    }
    if (before === JSON.stringify(run.threads.map(({ epoch, held }) => [epoch, held]))) return
  }
  throw new Error('the group does not come to rest')
}

const allTasks = ['0:0', '0:1', '0:2', '1:0', '1:1', '1:2']

test('a task never runs twice, and in the end each runs and has its copies, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50, size: 'max' }), async (steps) => {
      const run = new StreamsRun()
      for (const each of steps) {
        await take(run, each)
        expectOneOfEach(run.threads)
      }
      await converge(run)
      const held = run.threads.flatMap(({ using }) => [...using])
      const inRole = (role: string) =>
        held
          .filter((task) => task.startsWith(role))
          .map(nameOf)
          .sort()
      expect(inRole('active')).toEqual(allTasks)
      const replicas = Array.from({ length: run.config.standbyReplicas })
      expect(inRole('standby')).toEqual(['1:0', '1:1', '1:2'].flatMap((task) => replicas.map(() => task)))
      expect(inRole('warmup')).toEqual([])
      run.coordinator.close()
    }),
    { numRuns: 100 },
  )
}, 60_000)

test('a group rebuilt from the log is what it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }), async (steps) => {
      const run = new StreamsRun()
      for (const each of steps) {
        await take(run, each)
        const before = await outcome(async () => await run.coordinator.describeStreams(GROUP))
        const durable = new DurableGroups(streamsGroupFormat)
        await run.log.replay(new GroupState(silentLogger, [durable]))
        expect(durable.groups.has(GROUP)).toBe(!(before instanceof KafkaError))
        await run.restart()
        expect(await outcome(async () => await run.coordinator.describeStreams(GROUP))).toEqual(before)
      }
      run.coordinator.close()
    }),
    { numRuns: 25 },
  )
}, 60_000)

test('a new group waits for more members, and then shares the tasks among those that have come', async () => {
  const run = new StreamsRun()
  run.config = { ...run.config, initialRebalanceDelayMs: 3_000 }
  const [first, second] = run.threads
  if (first === undefined || second === undefined) throw new Error('there are four')
  await run.beat(first)
  run.clock.advance(2_000)
  await run.beat(second)
  expect([first.held, second.held]).toEqual([[], []])
  run.clock.advance(1_000)
  await run.beat(first)
  await run.beat(second)
  expect([first.held.length, second.held.length]).toEqual([3, 3])
})

test('an assignment follows the one before at its interval', async () => {
  const run = new StreamsRun()
  const [first, second] = run.threads
  if (first === undefined || second === undefined) throw new Error('there are four')
  await run.beat(first)
  run.config = { ...run.config, assignmentIntervalMs: 1_000 }
  run.clock.advance(500)
  await run.beat(second)
  await run.beat(first)
  expect(first.revoking.size).toBe(0)
  run.clock.advance(500)
  await run.beat(first)
  expect(first.revoking.size).toBe(3)
})

test('a group has as many members as it may', async () => {
  const run = new StreamsRun()
  run.config = { ...run.config, maxSize: 2 }
  for (const each of run.threads) await run.beat(each)
  expect(run.threads.map(({ isIn }) => isIn)).toEqual([true, true, false, false])
})
