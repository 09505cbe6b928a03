import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AssignorMember, assignTasks } from './sticky-assignor.ts'
import { taskSetOf, textsOf } from './streams-run.fixture.ts'
import type { TaskSet } from './tasks.ts'

const stateful = (taskCount: number) => ({ taskCount, isStateful: true })
const stateless = (taskCount: number) => ({ taskCount, isStateful: false })

/** `name@process`, with what it has, and the offsets of the state on its disk. */
function member(
  name: string,
  tasks: readonly string[] = [],
  offsets: Readonly<Record<number, number>> = {},
): AssignorMember {
  const [memberId = '', processId = ''] = name.split('@')
  const byPartition = new Map(
    Object.entries(offsets).map(([partition, offset]) => [Number(partition), offset]),
  )
  const taskOffsets = new Map(byPartition.size === 0 ? [] : [['0', byPartition]])
  return { memberId, processId, current: taskSetOf(tasks), taskOffsets }
}

function shown(assigned: ReadonlyMap<string, TaskSet>): Record<string, string[]> {
  return Object.fromEntries([...assigned].map(([memberId, tasks]) => [memberId, [...textsOf(tasks)].sort()]))
}

test('tasks are spread over processes first, then over their members', () => {
  const members = [member('a@p'), member('b@p'), member('c@q')]
  expect(shown(assignTasks(members, new Map([['0', stateless(3)]]), 0))).toEqual({
    a: ['active 0:0'],
    b: ['active 0:2'],
    c: ['active 0:1'],
  })
})

test('who has a task keeps it, up to its share', () => {
  const busy = member('a@p', ['active 0:0', 'active 0:1', 'active 0:2', 'active 0:3'])
  expect(shown(assignTasks([busy, member('b@q')], new Map([['0', stateless(4)]]), 0))).toEqual({
    a: ['active 0:0', 'active 0:1'],
    b: ['active 0:2', 'active 0:3'],
  })
})

test('a task whose member is gone runs where its standby was', () => {
  const members = [member('b@q', ['standby 0:1']), member('c@r', ['standby 0:0'])]
  expect(shown(assignTasks(members, new Map([['0', stateful(2)]]), 0))).toEqual({
    b: ['active 0:1'],
    c: ['active 0:0'],
  })
})

test('the state on a disk counts for a member that has come back, the furthest first', () => {
  const members = [member('a@p', [], { 0: 5 }), member('b@q', [], { 0: 9 })]
  expect(shown(assignTasks(members, new Map([['0', stateful(2)]]), 0))).toEqual({
    a: ['active 0:1'],
    b: ['active 0:0'],
  })
})

test('standby copies are for stateful tasks, in processes that have the task in no other form', () => {
  const members = [member('a@p'), member('b@p'), member('c@q')]
  const subtopologies = new Map([
    ['0', stateful(1)],
    ['1', stateless(1)],
  ])
  expect(shown(assignTasks(members, subtopologies, 2))).toEqual({
    a: ['active 0:0'],
    b: [],
    c: ['active 1:0', 'standby 0:0'],
  })
})

const taskTexts = fc.subarray(['0:0', '0:1', '0:2', '0:3', '1:0', '1:1', '1:2'])

test('every task runs once and is shared out evenly, and the same group gets the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ process: fc.nat({ max: 3 }), active: taskTexts, standby: taskTexts }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.nat({ max: 2 }),
      (group, standbyReplicas) => {
        const members = group.map(({ process, active, standby }, at) =>
          member(`m${at}@p${process}`, [
            ...active.map((task) => `active ${task}`),
            ...standby.map((task) => `standby ${task}`),
          ]),
        )
        const subtopologies = new Map([
          ['0', stateful(4)],
          ['1', stateless(3)],
        ])
        const assigned = shown(assignTasks(members, subtopologies, standbyReplicas))
        const texts = Object.values(assigned).flat()
        const active = texts.filter((task) => task.startsWith('active'))
        expect(active.sort()).toEqual(
          ['0:0', '0:1', '0:2', '0:3', '1:0', '1:1', '1:2'].map((task) => `active ${task}`),
        )
        const processes = new Set(group.map(({ process }) => process)).size
        expect(texts.length - active.length).toBe(4 * Math.min(standbyReplicas, processes - 1))
        const most = Math.ceil(7 / members.length)
        const kept = members.map(({ memberId, current }) => {
          const before = textsOf(current)
          return (
            assigned[memberId]?.filter((task) => task.startsWith('active') && before.has(task)).length ?? 0
          )
        })
        // Nobody keeps more than its share.
        for (const count of kept) expect(count).toBeLessThanOrEqual(most)
        expect(shown(assignTasks([...members].reverse(), subtopologies, standbyReplicas))).toEqual(assigned)
      },
    ),
    { numRuns: 300 },
  )
})
