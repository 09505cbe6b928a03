import { expect, test } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { errorOf, GroupScenario, replyOf, subscription } from '../group-scenario.fixture.ts'
import type { JoinReply } from './group.ts'

const first = { groupInstanceId: 'pod-0' }
const second = { groupInstanceId: 'pod-1' }

async function stablePair(scenario: GroupScenario): Promise<[JoinReply, JoinReply]> {
  const [leader, follower] = await scenario.stableGroup(first, second)
  if (leader === undefined || follower === undefined) throw new Error('two members')
  return [leader, follower]
}

test('a static member that comes back keeps its assignment and disturbs nobody', async () => {
  const scenario = new GroupScenario()
  const [leader, follower] = await stablePair(scenario)
  const back = scenario.join(second)
  await scenario.settle()
  const reply = replyOf(back)
  expect(reply).toMatchObject({ errorCode: 0, generationId: 1, leader: leader.memberId, members: [] })
  expect(reply.memberId).toMatch(/^pod-1-/)
  expect(reply.memberId).not.toBe(follower.memberId)
  const sync = scenario.sync(reply, {}, second)
  await scenario.settle()
  expect(replyOf(sync).assignment.toString()).toBe('part 1')
  expect(await scenario.heartbeat(leader, first)).toBe('NONE')
})

test('a static leader that comes back is told to leave the assignment as it is', async () => {
  const scenario = new GroupScenario()
  await stablePair(scenario)
  const back = scenario.join({ ...first, canSkipAssignment: true })
  await scenario.settle()
  const reply = replyOf(back)
  expect(reply).toMatchObject({ skipAssignment: true, leader: reply.memberId, generationId: 1 })
  expect(reply.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['pod-0', 'pod-1'])
})

test('an old static leader that comes back takes itself for a follower', async () => {
  const scenario = new GroupScenario()
  const [leader] = await stablePair(scenario)
  const back = scenario.join(first)
  await scenario.settle()
  expect(replyOf(back)).toMatchObject({ skipAssignment: false, leader: leader.memberId, members: [] })
})

test('whoever still uses the old member id is fenced', async () => {
  const scenario = new GroupScenario()
  const [, follower] = await stablePair(scenario)
  scenario.join(second)
  await scenario.settle()
  expect(await scenario.heartbeat(follower, second)).toBe('FENCED_INSTANCE_ID')
  const sync = scenario.sync(follower, {}, second)
  const join = scenario.join({ ...second, memberId: follower.memberId })
  await scenario.settle()
  expect([errorOf(sync), errorOf(join)]).toEqual(['FENCED_INSTANCE_ID', 'FENCED_INSTANCE_ID'])
  expect(await scenario.commit({ ...follower, ...second })).toBe('FENCED_INSTANCE_ID')
})

test('a request of the old member that waits is fenced when the new one comes', async () => {
  const scenario = new GroupScenario()
  const [leader, follower] = await stablePair(scenario)
  const old = scenario.join({ ...first, memberId: leader.memberId })
  await scenario.settle()
  const fresh = scenario.join(first)
  await scenario.settle()
  expect(errorOf(old)).toBe('FENCED_INSTANCE_ID')
  scenario.join({ ...second, memberId: follower.memberId })
  await scenario.settle()
  expect(errorOf(fresh)).toBe('NONE')
})

test('a static member that comes back with another choice of protocol causes a rebalance', async () => {
  const scenario = new GroupScenario()
  const both = (...names: string[]) => ({
    protocols: names.map((name) => ({ name, metadata: subscription('payments') })),
  })
  await scenario.stableGroup({ ...first, ...both('range', 'sticky') })
  const back = scenario.join({ ...first, ...both('sticky') })
  await scenario.settle()
  expect(replyOf(back)).toMatchObject({ generationId: 2, protocolName: 'sticky' })
})

test('a static member that comes back between join and sync causes a new round', async () => {
  const scenario = new GroupScenario()
  const [leader, follower] = [scenario.join(first), scenario.join(second)]
  await scenario.pass(0)
  scenario.join(second)
  await scenario.settle()
  expect(await scenario.phase()).toBe('PreparingRebalance')
  expect(errorOf(follower)).toBe('NONE')
  scenario.join({ ...first, memberId: replyOf(leader).memberId })
  await scenario.settle()
  expect(await scenario.phase()).toBe('CompletingRebalance')
})

test('a static member is given its id without being asked to come back with it', async () => {
  const scenario = new GroupScenario()
  const join = scenario.join({ ...first, requiresMemberId: true })
  await scenario.pass(0)
  expect(errorOf(join)).toBe('NONE')
})

test('an id that was given out to a dynamic member is not taken up by a static one', async () => {
  const scenario = new GroupScenario()
  const given = scenario.join({ requiresMemberId: true })
  await scenario.settle()
  const join = scenario.join({ ...first, memberId: replyOf(given).memberId })
  await scenario.settle()
  expect(errorOf(join)).toBe('UNKNOWN_MEMBER_ID')
})

test('a static member is in its place again after the coordinator has moved', async () => {
  const scenario = new GroupScenario()
  await stablePair(scenario)
  await scenario.restart()
  const back = scenario.join(second)
  await scenario.settle()
  expect(replyOf(back)).toMatchObject({ errorCode: 0, generationId: 1 })
})

test('the new id of a static member that came back is known after the coordinator has moved', async () => {
  const scenario = new GroupScenario()
  const [, follower] = await stablePair(scenario)
  const back = scenario.join(second)
  await scenario.settle()
  await scenario.restart()
  expect(await scenario.heartbeat(replyOf(back), second)).toBe('NONE')
  expect(await scenario.heartbeat(follower, second)).toBe('FENCED_INSTANCE_ID')
})

test('a static member whose return can not be recorded is refused, and the old one stays', async () => {
  const scenario = new GroupScenario()
  const [, follower] = await stablePair(scenario)
  scenario.log.refuseNext = new KafkaError('NOT_ENOUGH_REPLICAS')
  const back = scenario.join(second)
  await scenario.settle()
  expect(errorOf(back)).toBe('COORDINATOR_NOT_AVAILABLE')
  expect(await scenario.heartbeat(follower, second)).toBe('NONE')
})

test('a static member that stays away is out when its session expires', async () => {
  const scenario = new GroupScenario()
  const [, follower] = await scenario.stableGroup(first, { ...second, sessionTimeoutMs: 100_000 })
  await scenario.pass(10_000)
  expect(await scenario.heartbeat(follower ?? { memberId: '', generationId: 0 }, second)).toBe(
    'REBALANCE_IN_PROGRESS',
  )
})
