import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { assignorNamed } from '../src/coordinator/consumer/assignors.ts'
import type { Assignment } from '../src/coordinator/modern/assignment.ts'

type Entries = readonly (readonly [string, readonly number[]])[]

interface Case {
  readonly assignor: string
  readonly isHomogeneous: boolean
  readonly partitionCounts: Readonly<Record<string, number>>
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly topicIds: readonly string[]
    readonly target: Entries
  }[]
  readonly result: Readonly<Record<string, Entries>>
}

const cases = readFileSync(new URL('golden/assignors/kafka-4.4.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line))

function assigned({ assignor, isHomogeneous, partitionCounts, members }: Case) {
  const assign = assignorNamed(assignor)
  const targets = assign?.({
    isHomogeneous,
    partitionCount: (topicId) => partitionCounts[topicId] ?? 0,
    members: members.map(({ topicIds, target, ...member }) => ({
      ...member,
      topicIds: new Set(topicIds),
      target: new Map(target.map(([topicId, partitions]) => [topicId, new Set(partitions)])),
    })),
  })
  return Object.fromEntries(members.map(({ memberId }) => [memberId, sorted(targets?.get(memberId))]))
}

function sorted(assignment: Assignment = new Map()): string[] {
  return [...assignment]
    .flatMap(([topicId, partitions]) => [...partitions].map((partition) => `${topicId} ${partition}`))
    .sort()
}

function expected({ result }: Case) {
  return Object.fromEntries(
    Object.entries(result).map(([memberId, entries]) => [
      memberId,
      sorted(new Map(entries.map(([topicId, partitions]) => [topicId, new Set(partitions)]))),
    ]),
  )
}

test.each(['uniform', 'range'])('the %s assignor gives what that of Kafka gives', (assignor) => {
  const own = cases.filter((each) => each.assignor === assignor)
  expect(own.length).toBeGreaterThan(100)
  for (const each of own) expect(assigned(each)).toEqual(expected(each))
})
