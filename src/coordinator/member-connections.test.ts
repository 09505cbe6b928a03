import { describe, expect, test } from 'vitest'
import { errorOf, GroupScenario, replyOf } from './group-scenario.fixture.ts'

const GRACE_MS = 500

describe('a member whose connection closes', () => {
  test('is out of the group after a short grace, and the others rebalance', async () => {
    const scenario = new GroupScenario()
    const [stays, goes] = [scenario.connect(), scenario.connect()]
    const joins = [scenario.join({}, stays), scenario.join({}, goes)]
    await scenario.pass(0)
    const [leader, follower] = joins.map(replyOf)
    if (leader === undefined || follower === undefined) throw new Error('two members')
    scenario.sync(follower, {}, { connection: goes })
    scenario.sync(leader, { [leader.memberId]: 'all' }, { connection: stays })
    goes.close()
    await scenario.pass(GRACE_MS - 1)
    expect(await scenario.heartbeat(leader, { connection: stays })).toBe('NONE')
    await scenario.pass(1)
    expect(await scenario.heartbeat(leader, { connection: stays })).toBe('REBALANCE_IN_PROGRESS')
    const again = scenario.join({ memberId: leader.memberId }, stays)
    await scenario.settle()
    expect(replyOf(again).members).toHaveLength(1)
  })

  test('stays when it is heard over another connection meanwhile', async () => {
    const scenario = new GroupScenario()
    const connection = scenario.connect()
    const join = scenario.join({}, connection)
    await scenario.pass(0)
    connection.close()
    await scenario.pass(GRACE_MS - 1)
    expect(await scenario.heartbeat(replyOf(join))).toBe('NONE')
    await scenario.pass(GRACE_MS)
    expect(await scenario.heartbeat(replyOf(join))).toBe('NONE')
  })

  test('stays when it was an older connection that closed', async () => {
    const scenario = new GroupScenario()
    const [old, present] = [scenario.connect(), scenario.connect()]
    const join = scenario.join({}, old)
    await scenario.pass(0)
    await scenario.heartbeat(replyOf(join), { connection: present })
    old.close()
    await scenario.pass(GRACE_MS)
    expect(await scenario.heartbeat(replyOf(join), { connection: present })).toBe('NONE')
  })

  test('stays until its session expires if it is a static member', async () => {
    const scenario = new GroupScenario()
    const connection = scenario.connect()
    const join = scenario.join({ groupInstanceId: 'pod-0' }, connection)
    await scenario.pass(0)
    connection.close()
    await scenario.pass(GRACE_MS)
    expect(await scenario.heartbeat(replyOf(join), { groupInstanceId: 'pod-0' })).toBe('NONE')
  })

  test('stays until its session expires where that is wanted', async () => {
    const scenario = new GroupScenario({ evictOnClose: false })
    const connection = scenario.connect()
    const join = scenario.join({}, connection)
    await scenario.pass(0)
    connection.close()
    await scenario.pass(GRACE_MS)
    expect(await scenario.heartbeat(replyOf(join))).toBe('NONE')
  })

  test('does not hold up a rebalance with an id that it will not take up', async () => {
    const scenario = new GroupScenario()
    const [leader] = await scenario.stableGroup({})
    const connection = scenario.connect()
    scenario.join({ requiresMemberId: true }, connection)
    await scenario.settle()
    connection.close()
    const again = scenario.join({ memberId: leader?.memberId ?? '' })
    await scenario.settle()
    expect(errorOf(again)).toBe('waiting')
    await scenario.pass(GRACE_MS)
    expect(errorOf(again)).toBe('NONE')
  })
})

test('nothing is remembered of ids that a client makes up', async () => {
  const scenario = new GroupScenario()
  const connection = scenario.connect()
  const join = scenario.join({}, connection)
  await scenario.pass(0)
  for (let made = 0; made < 20; made++) {
    scenario.join({ memberId: `made-up-${made}` }, connection)
    await scenario.heartbeat({ memberId: `made-up-${made}`, generationId: 1 }, { connection })
  }
  expect(replyOf(join).generationId).toBe(1)
  expect(scenario.coordinator.connectedMembers).toBe(1)
})
