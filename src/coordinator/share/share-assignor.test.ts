import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignShares, type ShareAssignment } from './share-assignor.ts'

const nothing: ShareAssignment = new Map()

function assign(
  subscriptions: Readonly<Record<string, readonly string[]>>,
  topics: Readonly<Record<string, number>>,
  current: ReadonlyMap<string, ShareAssignment> = new Map(),
) {
  const subscribers = Object.entries(subscriptions).map(([memberId, topicIds]) => ({
    memberId,
    topicIds: new Set(topicIds),
    current: current.get(memberId) ?? nothing,
  }))
  const partitions = new Map(
    Object.entries(topics).map(([topicId, count]) => [topicId, [...Array(count).keys()]]),
  )
  return assignShares(subscribers, partitions)
}

function flat(assigned: ReadonlyMap<string, ShareAssignment>): Record<string, string[]> {
  return Object.fromEntries(
    [...assigned].map(([memberId, topics]) => [
      memberId,
      [...topics].flatMap(([topicId, partitions]) => partitions.map((index) => `${topicId}${index}`)),
    ]),
  )
}

test('partitions are dealt evenly', () => {
  const loads = Object.values(flat(assign({ a: ['t'], b: ['t'], c: ['t'] }, { t: 7 }))).map(
    ({ length }) => length,
  )
  expect(loads.sort()).toEqual([2, 2, 3])
})

test('where there are more members than partitions, several share one', () => {
  expect(flat(assign({ a: ['t'], b: ['t'], c: ['t'] }, { t: 1 }))).toEqual({
    a: ['t0'],
    b: ['t0'],
    c: ['t0'],
  })
})

test('members keep what they have when another comes', () => {
  const before = assign({ a: ['t'], b: ['t'] }, { t: 6 })
  const after = flat(assign({ a: ['t'], b: ['t'], c: ['t'] }, { t: 6 }, before))
  for (const memberId of ['a', 'b'])
    expect(flat(before)[memberId]).toEqual(expect.arrayContaining(after[memberId] ?? []))
  expect(after.c).toHaveLength(2)
})

test('every partition has somebody, nobody gets what it did not ask for, and loads are even', () => {
  const topicIds = ['s', 't', 'u']
  const subscription = fc.subarray(topicIds, { minLength: 1 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(subscription, subscription), { minLength: 1, maxLength: 7 }),
      fc.tuple(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
      ),
      fc.boolean(),
      (subscribed, [s, t, u], alike) => {
        const topics = { s, t, u }
        const round = (which: 0 | 1) =>
          Object.fromEntries(
            subscribed.map((each, at) => [`m${at}`, (alike ? subscribed[0] : each)?.[which] ?? []]),
          )
        const first = assign(round(0), topics)
        const wishes = round(1)
        const assigned = assign(wishes, topics, first)
        const wanted = new Set(Object.values(wishes).flat())
        const given = new Set<string>()
        for (const [memberId, mine] of Object.entries(flat(assigned))) {
          expect(mine.length).toBeGreaterThan(0)
          expect(new Set(mine).size).toBe(mine.length)
          for (const place of mine) {
            expect(wishes[memberId]).toContain(place[0])
            given.add(place)
          }
        }
        for (const topicId of topicIds)
          for (let index = 0; index < (new Map(Object.entries(topics)).get(topicId) ?? 0); index++)
            if (wanted.has(topicId)) expect(given).toContain(`${topicId}${index}`)
      },
    ),
  )
})
