import { describe, expect, test } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { errorOf, GroupScenario, replyOf, subscription } from '../group-scenario.fixture.ts'

const MEMBER_SESSION_MS = 10_000
const REBALANCE_TIMEOUT_MS = 60_000

describe('joining', () => {
  test('a client without an id is given one and asked to come back with it', async () => {
    const scenario = new GroupScenario()
    const first = scenario.join({ requiresMemberId: true, clientId: 'shop' })
    await scenario.settle()
    expect(errorOf(first)).toBe('MEMBER_ID_REQUIRED')
    const { memberId, generationId, leader, members } = replyOf(first)
    expect(memberId).toMatch(/^shop-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect({ generationId, leader, members }).toEqual({ generationId: -1, leader: '', members: [] })

    const second = scenario.join({ memberId, requiresMemberId: true })
    await scenario.pass(0)
    expect(replyOf(second)).toMatchObject({ errorCode: 0, memberId, generationId: 1, leader: memberId })
  })

  test('an old client without an id is let in at once', async () => {
    const scenario = new GroupScenario()
    const join = scenario.join({ requiresMemberId: false })
    await scenario.pass(0)
    expect(errorOf(join)).toBe('NONE')
  })

  test('the leader alone is told who the members are and what they said', async () => {
    const scenario = new GroupScenario()
    const joins = [scenario.join({ clientId: 'a' }), scenario.join({ clientId: 'b' })]
    await scenario.pass(0)
    const [leader, follower] = joins.map(replyOf)
    expect(leader?.members.map(({ memberId }) => memberId)).toEqual([leader?.memberId, follower?.memberId])
    expect(leader?.members[1]?.metadata).toEqual(subscription('payments'))
    expect(follower?.members).toEqual([])
    expect(follower?.leader).toBe(leader?.memberId)
  })

  test('members that join together are in one generation and none is unknown', async () => {
    const scenario = new GroupScenario()
    const first = [1, 2, 3].map(() => scenario.join({ requiresMemberId: true }))
    await scenario.settle()
    const ids = first.map((join) => replyOf(join).memberId)
    const joins = [scenario.join({ memberId: ids[0] ?? '' })]
    await scenario.pass(1)
    expect(joins.map(errorOf)).toEqual(['waiting'])
    joins.push(...ids.slice(1).map((memberId) => scenario.join({ memberId })))
    await scenario.settle()
    expect(joins.map((join) => replyOf(join).generationId)).toEqual([1, 1, 1])
  })

  test('an id that is never taken up delays the first generation only shortly', async () => {
    const scenario = new GroupScenario()
    scenario.join({ requiresMemberId: true })
    const join = scenario.join()
    await scenario.pass(199)
    expect(errorOf(join)).toBe('waiting')
    await scenario.pass(1)
    expect(replyOf(join).generationId).toBe(1)
  })

  test('an id that is never taken up is forgotten after the session timeout, and its group with it', async () => {
    const scenario = new GroupScenario()
    scenario.join({ requiresMemberId: true })
    await scenario.settle()
    expect(await scenario.phase()).toBe('Empty')
    await scenario.pass(MEMBER_SESSION_MS)
    expect(await scenario.phase()).toBe('Dead')
  })

  test('a member id that the group never gave out is unknown', async () => {
    const scenario = new GroupScenario()
    await scenario.stableGroup({})
    const join = scenario.join({ memberId: 'invented' })
    await scenario.settle()
    expect(replyOf(join).memberId).toBe('invented')
    expect(errorOf(join)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a member id is unknown in a group that does not exist', async () => {
    const scenario = new GroupScenario()
    const join = scenario.join({ memberId: 'invented' })
    await scenario.settle()
    expect(errorOf(join)).toBe('UNKNOWN_MEMBER_ID')
    expect(await scenario.phase()).toBe('Dead')
  })

  test('a group id must not be empty, and the session timeout must be within the limits', async () => {
    const scenario = new GroupScenario({ minSessionTimeoutMs: 6_000, maxSessionTimeoutMs: 30_000 })
    const joins = [
      scenario.join({ groupId: '' }),
      scenario.join({ sessionTimeoutMs: 5_999 }),
      scenario.join({ sessionTimeoutMs: 30_001 }),
    ]
    await scenario.settle()
    expect(joins.map(errorOf)).toEqual([
      'INVALID_GROUP_ID',
      'INVALID_SESSION_TIMEOUT',
      'INVALID_SESSION_TIMEOUT',
    ])
  })

  test('a member must speak a protocol that all the others speak', async () => {
    const scenario = new GroupScenario()
    await scenario.stableGroup({})
    const joins = [
      scenario.join({ protocols: [{ name: 'sticky', metadata: subscription() }] }),
      scenario.join({ protocolType: 'connect' }),
      scenario.join({ groupId: scenario.groupId, protocols: [] }),
    ]
    await scenario.settle()
    expect(joins.map(errorOf)).toEqual(Array(3).fill('INCONSISTENT_GROUP_PROTOCOL'))
  })

  test('the first member must bring a protocol type and a protocol', async () => {
    const scenario = new GroupScenario()
    const joins = [scenario.join({ protocolType: '' }), scenario.join({ protocols: [] })]
    await scenario.settle()
    expect(joins.map(errorOf)).toEqual(Array(2).fill('INCONSISTENT_GROUP_PROTOCOL'))
    expect(await scenario.phase()).toBe('Dead')
  })

  test('the protocol is chosen by vote among those that all speak', async () => {
    const scenario = new GroupScenario()
    const speaking = (...names: string[]) => ({
      protocols: names.map((name) => ({ name, metadata: subscription() })),
    })
    const joins = [
      scenario.join(speaking('only-mine', 'range', 'sticky')),
      scenario.join(speaking('sticky', 'range')),
      scenario.join(speaking('sticky', 'range')),
    ]
    await scenario.pass(0)
    expect(joins.map((join) => replyOf(join).protocolName)).toEqual(['sticky', 'sticky', 'sticky'])
  })

  test('a full group takes no more members', async () => {
    const scenario = new GroupScenario({ maxSize: 2 })
    await scenario.stableGroup({}, {})
    const third = scenario.join()
    await scenario.settle()
    expect(errorOf(third)).toBe('GROUP_MAX_SIZE_REACHED')
    expect(await scenario.phase()).toBe('Stable')
  })

  test('while members gather, those over the limit are turned away', async () => {
    const scenario = new GroupScenario({ maxSize: 2 })
    const joins = [scenario.join(), scenario.join(), scenario.join()]
    await scenario.pass(0)
    expect(joins.map(errorOf)).toEqual(['NONE', 'NONE', 'GROUP_MAX_SIZE_REACHED'])
  })
})

describe('the initial delay', () => {
  const delayed = { initialRebalanceDelayMs: 3_000 }

  test('an empty group waits for more members after its first', async () => {
    const scenario = new GroupScenario(delayed)
    const join = scenario.join()
    await scenario.pass(2_999)
    expect(errorOf(join)).toBe('waiting')
    await scenario.pass(1)
    expect(replyOf(join).generationId).toBe(1)
  })

  test('each new member prolongs the delay, up to the rebalance timeout', async () => {
    const scenario = new GroupScenario(delayed)
    const first = scenario.join({ rebalanceTimeoutMs: 7_000 })
    await scenario.pass(2_000)
    scenario.join({ rebalanceTimeoutMs: 7_000 })
    await scenario.pass(3_999)
    expect(errorOf(first)).toBe('waiting')
    scenario.join({ rebalanceTimeoutMs: 7_000 })
    await scenario.pass(1)
    expect(errorOf(first)).toBe('waiting')
    await scenario.pass(1_000)
    expect(errorOf(first)).toBe('NONE')
  })

  test('a group that has members does not wait', async () => {
    const scenario = new GroupScenario(delayed)
    const [leader] = await scenario.stableGroup({})
    const newcomer = scenario.join()
    const again = scenario.join({ memberId: leader?.memberId ?? '' })
    await scenario.settle()
    expect([errorOf(newcomer), errorOf(again)]).toEqual(['NONE', 'NONE'])
  })
})

describe('rebalances', () => {
  test('the generation rises once per completed rebalance, however many join', async () => {
    const scenario = new GroupScenario()
    const [leader] = await scenario.stableGroup({})
    const newcomers = [scenario.join(), scenario.join(), scenario.join()]
    const again = scenario.join({ memberId: leader?.memberId ?? '' })
    await scenario.settle()
    expect([again, ...newcomers].map((join) => replyOf(join).generationId)).toEqual([2, 2, 2, 2])
  })

  test('a leader that joins again starts a rebalance even if it says nothing new', async () => {
    const scenario = new GroupScenario()
    const [leader] = await scenario.stableGroup({}, {})
    const again = scenario.join({ memberId: leader?.memberId ?? '' })
    await scenario.settle()
    expect(errorOf(again)).toBe('waiting')
    expect(await scenario.phase()).toBe('PreparingRebalance')
  })

  test('a follower that joins again with the same metadata is told the present generation', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await scenario.stableGroup({}, {})
    const again = scenario.join({ memberId: follower?.memberId ?? '' })
    await scenario.settle()
    expect(replyOf(again)).toMatchObject({ generationId: 1, leader: leader?.memberId, members: [] })
    expect(await scenario.phase()).toBe('Stable')
  })

  test('a follower whose metadata has changed starts a rebalance', async () => {
    const scenario = new GroupScenario()
    const [, follower] = await scenario.stableGroup({}, {})
    const changed = [{ name: 'range', metadata: subscription('payments', 'refunds') }]
    const again = scenario.join({ memberId: follower?.memberId ?? '', protocols: changed })
    await scenario.settle()
    expect(errorOf(again)).toBe('waiting')
  })

  test('a join between join and sync starts a new round, and who waits for an assignment hears so', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = [scenario.join(), scenario.join()]
    await scenario.pass(0)
    const sync = scenario.sync(replyOf(follower))
    const newcomer = scenario.join()
    await scenario.settle()
    expect(errorOf(sync)).toBe('REBALANCE_IN_PROGRESS')
    const again = [leader, follower].map((join) => scenario.join({ memberId: replyOf(join).memberId }))
    await scenario.settle()
    expect([newcomer, ...again].map((join) => replyOf(join).generationId)).toEqual([2, 2, 2])
  })

  test('a member that lost the answer to its join gets it again', async () => {
    const scenario = new GroupScenario()
    const join = scenario.join()
    await scenario.pass(0)
    const again = scenario.join({ memberId: replyOf(join).memberId })
    await scenario.settle()
    expect(replyOf(again)).toEqual(replyOf(join))
  })

  test('a join that is repeated while it waits answers the earlier one, so that nothing hangs', async () => {
    const scenario = new GroupScenario()
    const [leader] = await scenario.stableGroup({}, {})
    const memberId = leader?.memberId ?? ''
    const joins = [scenario.join({ memberId }), scenario.join({ memberId })]
    await scenario.settle()
    expect(joins.map(errorOf)).toEqual(['REBALANCE_IN_PROGRESS', 'waiting'])
  })

  test('members who do not rejoin in time are out, and the rest goes on without them', async () => {
    const scenario = new GroupScenario()
    const long = { sessionTimeoutMs: 300_000 }
    const [leader, follower] = await scenario.stableGroup(long, long)
    const newcomer = scenario.join(long)
    const again = scenario.join({ memberId: follower?.memberId ?? '', ...long })
    await scenario.pass(REBALANCE_TIMEOUT_MS - 1)
    expect(errorOf(again)).toBe('waiting')
    await scenario.pass(1)
    expect(replyOf(again)).toMatchObject({ generationId: 2, leader: follower?.memberId })
    expect(replyOf(again).members).toHaveLength(2)
    expect(errorOf(newcomer)).toBe('NONE')
    expect(await scenario.heartbeat(leader ?? { memberId: '', generationId: 0 })).toBe('UNKNOWN_MEMBER_ID')
  })

  test('the rebalance waits as long as the most patient member asks', async () => {
    const scenario = new GroupScenario()
    const [, follower] = await scenario.stableGroup(
      { rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 100_000 },
      { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 100_000 },
    )
    const newcomer = scenario.join({ rebalanceTimeoutMs: 5_000 })
    scenario.join({ memberId: follower?.memberId ?? '', rebalanceTimeoutMs: 20_000 })
    await scenario.pass(19_999)
    expect(errorOf(newcomer)).toBe('waiting')
    await scenario.pass(1)
    expect(errorOf(newcomer)).toBe('NONE')
  })

  test('a new member whose join waits for minutes is given up', async () => {
    const scenario = new GroupScenario()
    const patient = { rebalanceTimeoutMs: 1_000_000, sessionTimeoutMs: 1_000_000 }
    await scenario.stableGroup(patient)
    const newcomer = scenario.join(patient)
    await scenario.pass(300_000)
    expect(errorOf(newcomer)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a static member that is away stays in the group until its session expires', async () => {
    const scenario = new GroupScenario()
    const [first] = await scenario.stableGroup({}, { groupInstanceId: 'b', sessionTimeoutMs: 100_000 })
    scenario.join()
    const again = scenario.join({ memberId: first?.memberId ?? '' })
    await scenario.pass(REBALANCE_TIMEOUT_MS)
    expect(replyOf(again).members.map(({ groupInstanceId }) => groupInstanceId)).toEqual([null, 'b', null])
  })

  test('a freshly started coordinator thins out a group that is larger than allowed', async () => {
    const scenario = new GroupScenario()
    const members = await scenario.stableGroup({}, {}, {})
    scenario.coordinator.close()
    const small = new GroupScenario({ maxSize: 2 })
    small.coordinator.close()
    small.log.entries.push(...scenario.log.entries)
    await small.restart()
    expect(await small.phase()).toBe('PreparingRebalance')
    const joins = members.map(({ memberId }) => small.join({ memberId }))
    await small.settle()
    expect(joins.map(errorOf)).toEqual(['NONE', 'NONE', 'GROUP_MAX_SIZE_REACHED'])
  })
})

test('a coordinator that does not lead the group says so', async () => {
  const scenario = new GroupScenario()
  scenario.coordinator.resign(scenario.coordinator.partitionOf(scenario.groupId))
  const join = scenario.join()
  await scenario.settle()
  expect(errorOf(join)).toBe('NOT_COORDINATOR')
})

test('requests that wait for a rebalance hear when the coordinator moves', async () => {
  const scenario = new GroupScenario()
  await scenario.stableGroup({})
  const join = scenario.join()
  await scenario.settle()
  scenario.coordinator.resign(scenario.coordinator.partitionOf(scenario.groupId))
  await scenario.settle()
  expect(errorOf(join)).toBe('NOT_COORDINATOR')
})

test('a group can become empty although the disk is full', async () => {
  const scenario = new GroupScenario()
  const [member] = await scenario.stableGroup({})
  scenario.log.refuseNext = new KafkaError('KAFKA_STORAGE_ERROR')
  expect(await scenario.leave({ memberId: member?.memberId ?? '' })).toEqual(['NONE'])
  expect(await scenario.phase()).toBe('Empty')
})
