import { afterEach, expect, test } from 'vitest'
import { type ElectionKind, Elections } from './elections.ts'
import { type PartitionRecord, partitionKey } from './metadata/records.ts'
import { OneBroker } from './one-broker.fixture.ts'

let broker: OneBroker

afterEach(() => broker.close())

/** A partition in this state, with brokers 1 and 2 alive; gives the error of the election and the state after it. */
async function elected(kind: ElectionKind, state: PartitionRecord) {
  broker = await OneBroker.open(undefined, [1, 2])
  const topic = await broker.create('orders')
  if (typeof topic === 'string') throw new Error(topic)
  const { metadata } = broker
  await metadata.commit({ puts: [{ key: partitionKey(topic.id, 0), value: JSON.stringify(state) }] })
  const [result] = await new Elections(metadata).elect(kind, [{ topic: 'orders', partition: 0 }])
  const { leader, leaderEpoch, isr } = metadata.image.partition('orders', 0) ?? {}
  return [result?.error ?? 'NONE', { leader, leaderEpoch, isr }]
}

test('the preferred replica leads again, in a new epoch', async () => {
  const state = { leader: 2, leaderEpoch: 4, isr: [2, 1], replicas: [1, 2] }
  expect(await elected('preferred', state)).toEqual(['NONE', { leader: 1, leaderEpoch: 5, isr: [2, 1] }])
})

test('a preferred replica that is not in sync does not lead', async () => {
  const { replicas, ...state } = { leader: 2, leaderEpoch: 4, isr: [2], replicas: [1, 2] }
  expect(await elected('preferred', { ...state, replicas })).toEqual([
    'PREFERRED_LEADER_NOT_AVAILABLE',
    state,
  ])
})

test('a preferred replica that is not alive does not lead', async () => {
  const { replicas, ...state } = { leader: 2, leaderEpoch: 4, isr: [2, 3], replicas: [3, 2] }
  expect(await elected('preferred', { ...state, replicas })).toEqual([
    'PREFERRED_LEADER_NOT_AVAILABLE',
    state,
  ])
})

test('where nobody leads, a replica that lives is elected though it may lack records, and is in sync alone', async () => {
  const state = { leader: 3, leaderEpoch: 4, isr: [3], replicas: [3, 2] }
  expect(await elected('unclean', state)).toEqual(['NONE', { leader: 2, leaderEpoch: 5, isr: [2] }])
})

test('where nobody who has a replica lives, nobody is elected', async () => {
  const { replicas, ...state } = { leader: 3, leaderEpoch: 4, isr: [3], replicas: [3, 4] }
  expect(await elected('unclean', { ...state, replicas })).toEqual(['ELIGIBLE_LEADERS_NOT_AVAILABLE', state])
})

test('where a leader lives, no unclean election is needed', async () => {
  const { replicas, ...state } = { leader: 2, leaderEpoch: 4, isr: [2], replicas: [1, 2] }
  expect(await elected('unclean', { ...state, replicas })).toEqual(['ELECTION_NOT_NEEDED', state])
})
