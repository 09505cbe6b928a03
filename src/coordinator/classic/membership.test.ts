import { describe, expect, test } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { errorOf, GroupScenario, replyOf } from '../group-scenario.fixture.ts'

const SESSION_MS = 10_000
const REBALANCE_TIMEOUT_MS = 60_000
const nobody = { memberId: 'nobody', generationId: 1 }

/** A generation whose members know each other but have no assignments yet. */
async function joinedGroup(scenario: GroupScenario, count: number) {
  const joins = Array.from({ length: count }, () => scenario.join())
  await scenario.pass(0)
  return joins.map(replyOf)
}

describe('sync', () => {
  test('followers wait for the leader, and everybody gets what it assigned', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await joinedGroup(scenario, 2)
    if (leader === undefined || follower === undefined) throw new Error('two members')
    const waiting = scenario.sync(follower)
    await scenario.settle()
    expect(errorOf(waiting)).toBe('waiting')
    const assignments = { [leader.memberId]: 'left half', [follower.memberId]: 'right half' }
    const leading = scenario.sync(leader, assignments)
    await scenario.settle()
    expect(replyOf(leading)).toEqual({
      errorCode: 0,
      protocolType: 'consumer',
      protocolName: 'range',
      assignment: Buffer.from('left half'),
    })
    expect(replyOf(waiting).assignment.toString()).toBe('right half')
    expect(await scenario.phase()).toBe('Stable')
  })

  test('a member that the leader forgot gets an empty assignment, not none', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await joinedGroup(scenario, 2)
    if (leader === undefined || follower === undefined) throw new Error('two members')
    const forgotten = scenario.sync(follower)
    scenario.sync(leader, { [leader.memberId]: 'all of it' })
    await scenario.settle()
    expect(replyOf(forgotten).assignment).toEqual(Buffer.alloc(0))
  })

  test('in a stable group a member may ask for its assignment again', async () => {
    const scenario = new GroupScenario()
    const [leader] = await scenario.stableGroup({})
    if (leader === undefined) throw new Error('one member')
    const again = scenario.sync(leader, { [leader.memberId]: 'something else' })
    await scenario.settle()
    expect(replyOf(again).assignment.toString()).toBe('part 0')
  })

  test('wrong generations, unknown members and other protocols are refused', async () => {
    const scenario = new GroupScenario()
    const [member] = await joinedGroup(scenario, 1)
    if (member === undefined) throw new Error('one member')
    const syncs = [
      scenario.sync({ ...member, generationId: 0 }),
      scenario.sync({ ...member, memberId: 'nobody' }),
      scenario.sync(member, {}, { protocolName: 'sticky' }),
      scenario.sync(member, {}, { groupInstanceId: 'nobody' }),
    ]
    await scenario.settle()
    expect(syncs.map(errorOf)).toEqual([
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'INCONSISTENT_GROUP_PROTOCOL',
      'UNKNOWN_MEMBER_ID',
    ])
  })

  test('while members gather again, a late sync is told of the rebalance', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await scenario.stableGroup({}, {})
    if (leader === undefined || follower === undefined) throw new Error('two members')
    scenario.join({ memberId: leader.memberId })
    const late = scenario.sync(follower)
    await scenario.settle()
    expect(errorOf(late)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('a group that does not exist has no members to sync', async () => {
    const scenario = new GroupScenario()
    const sync = scenario.sync({ ...nobody, ...replyShape })
    await scenario.settle()
    expect(errorOf(sync)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('members that joined but never sync are out at the rebalance timeout', async () => {
    const scenario = new GroupScenario()
    const joins = [scenario.join({ sessionTimeoutMs: 300_000 }), scenario.join({ sessionTimeoutMs: 300_000 })]
    await scenario.pass(0)
    const [leader, silent] = joins.map(replyOf)
    if (leader === undefined || silent === undefined) throw new Error('two members')
    scenario.sync(leader, { [leader.memberId]: 'all of it' })
    await scenario.pass(REBALANCE_TIMEOUT_MS - 1)
    expect(await scenario.heartbeat(silent)).toBe('NONE')
    await scenario.pass(1)
    expect(await scenario.heartbeat(silent)).toBe('UNKNOWN_MEMBER_ID')
    expect(await scenario.heartbeat(leader)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('an assignment that can not be stored is told to all who wait, and they join again', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await joinedGroup(scenario, 2)
    if (leader === undefined || follower === undefined) throw new Error('two members')
    scenario.log.refuseNext = new KafkaError('NOT_ENOUGH_REPLICAS')
    const syncs = [scenario.sync(follower), scenario.sync(leader, { [leader.memberId]: 'all of it' })]
    await scenario.settle()
    expect(syncs.map(errorOf)).toEqual(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE'])
    expect(await scenario.phase()).toBe('PreparingRebalance')
    expect(await scenario.heartbeat(leader)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('nobody learns an assignment before it is committed', async () => {
    const scenario = new GroupScenario()
    const [member] = await joinedGroup(scenario, 1)
    if (member === undefined) throw new Error('one member')
    scenario.log.holdCommits()
    const sync = scenario.sync(member, { [member.memberId]: 'all of it' })
    await scenario.settle()
    expect(errorOf(sync)).toBe('waiting')
    scenario.log.commit()
    await scenario.settle()
    expect(errorOf(sync)).toBe('NONE')
  })
})

describe('heartbeats', () => {
  test('a session lasts as long as heartbeats come', async () => {
    const scenario = new GroupScenario()
    const [member] = await scenario.stableGroup({})
    if (member === undefined) throw new Error('one member')
    for (let beat = 0; beat < 5; beat++) {
      await scenario.pass(SESSION_MS - 1)
      expect(await scenario.heartbeat(member)).toBe('NONE')
    }
    await scenario.pass(SESSION_MS)
    expect(await scenario.heartbeat(member)).toBe('UNKNOWN_MEMBER_ID')
    expect(await scenario.phase()).toBe('Empty')
  })

  test('committing offsets keeps a session alive as well', async () => {
    const scenario = new GroupScenario()
    const [member] = await scenario.stableGroup({})
    if (member === undefined) throw new Error('one member')
    await scenario.pass(SESSION_MS - 1)
    expect(await scenario.commit(member)).toBe('NONE')
    await scenario.pass(SESSION_MS - 1)
    expect(await scenario.heartbeat(member)).toBe('NONE')
  })

  test('a member whose session expires causes a rebalance, which the others hear of', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await scenario.stableGroup({}, {})
    if (leader === undefined || follower === undefined) throw new Error('two members')
    await scenario.pass(SESSION_MS - 1)
    await scenario.heartbeat(follower)
    await scenario.pass(1)
    expect(await scenario.heartbeat(follower)).toBe('REBALANCE_IN_PROGRESS')
    const again = scenario.join({ memberId: follower.memberId })
    await scenario.settle()
    expect(replyOf(again)).toMatchObject({ generationId: 2, leader: follower.memberId })
  })

  test('a member that waits for its join or its assignment is not overdue', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await scenario.stableGroup({}, { sessionTimeoutMs: 50_000 })
    if (leader === undefined || follower === undefined) throw new Error('two members')
    const waiting = scenario.join({ memberId: leader.memberId })
    await scenario.pass(45_000)
    expect(errorOf(waiting)).toBe('waiting')
    scenario.join({ memberId: follower.memberId, sessionTimeoutMs: 50_000 })
    await scenario.settle()
    expect(errorOf(waiting)).toBe('NONE')
  })

  test('a heartbeat of nobody, of another generation or under a foreign instance id is refused', async () => {
    const scenario = new GroupScenario()
    expect(await scenario.heartbeat(nobody)).toBe('UNKNOWN_MEMBER_ID')
    const [member] = await scenario.stableGroup({})
    if (member === undefined) throw new Error('one member')
    expect(await scenario.heartbeat(nobody)).toBe('UNKNOWN_MEMBER_ID')
    expect(await scenario.heartbeat({ ...member, generationId: 2 })).toBe('ILLEGAL_GENERATION')
    expect(await scenario.heartbeat(member, { groupInstanceId: 'i' })).toBe('UNKNOWN_MEMBER_ID')
  })

  test('between join and sync a heartbeat is fine', async () => {
    const scenario = new GroupScenario()
    const [member] = await joinedGroup(scenario, 1)
    if (member === undefined) throw new Error('one member')
    expect(await scenario.heartbeat(member)).toBe('NONE')
  })

  test('while the coordinator reads its log nobody is alarmed', async () => {
    const scenario = new GroupScenario()
    const [member] = await scenario.stableGroup({})
    if (member === undefined) throw new Error('one member')
    const restarted = scenario.restart()
    const [beat, join] = [scenario.heartbeat({ ...member, generationId: 99 }), scenario.join()]
    await restarted
    expect(await beat).toBe('NONE')
    expect(errorOf(join)).toBe('COORDINATOR_LOAD_IN_PROGRESS')
    expect(await scenario.heartbeat({ ...member, generationId: 99 })).toBe('ILLEGAL_GENERATION')
  })
})

describe('leaving', () => {
  test('a member that leaves causes a rebalance at once', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await scenario.stableGroup({}, {})
    if (leader === undefined || follower === undefined) throw new Error('two members')
    expect(await scenario.leave(leader)).toEqual(['NONE'])
    expect(await scenario.heartbeat(follower)).toBe('REBALANCE_IN_PROGRESS')
    expect(await scenario.heartbeat(leader)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('the last to leave leaves an empty group of a new generation', async () => {
    const scenario = new GroupScenario()
    const [member] = await scenario.stableGroup({})
    if (member === undefined) throw new Error('one member')
    await scenario.leave(member)
    expect(await scenario.coordinator.describe(scenario.groupId)).toMatchObject({
      phase: 'Empty',
      generationId: 2,
      protocolType: 'consumer',
      protocolName: null,
      leaderId: null,
    })
  })

  test('each member of a batch gets its own answer', async () => {
    const scenario = new GroupScenario()
    const [first] = await scenario.stableGroup({}, { groupInstanceId: 'b' }, { groupInstanceId: 'c' })
    const errors = await scenario.leave(
      { memberId: first?.memberId ?? '' },
      { memberId: '', groupInstanceId: 'b' },
      { memberId: 'not its owner', groupInstanceId: 'c' },
      { memberId: '', groupInstanceId: 'nobody' },
      { memberId: '' },
      { memberId: 'nobody' },
    )
    expect(errors).toEqual([
      'NONE',
      'NONE',
      'FENCED_INSTANCE_ID',
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
    ])
  })

  test('an id that was only given out can be given back', async () => {
    const scenario = new GroupScenario()
    const join = scenario.join({ requiresMemberId: true })
    await scenario.settle()
    expect(await scenario.leave(replyOf(join))).toEqual(['NONE'])
    expect(await scenario.phase()).toBe('Dead')
  })

  test('a member that leaves while others wait lets the rebalance go on', async () => {
    const scenario = new GroupScenario()
    const [leader, follower] = await scenario.stableGroup({}, {})
    if (leader === undefined || follower === undefined) throw new Error('two members')
    const waiting = scenario.join({ memberId: leader.memberId })
    await scenario.leave(follower)
    await scenario.settle()
    expect(replyOf(waiting)).toMatchObject({ generationId: 2, errorCode: 0 })
  })

  test('a member that is taken out while its join waits is told to start afresh', async () => {
    const scenario = new GroupScenario()
    const [leader] = await scenario.stableGroup({}, {})
    if (leader === undefined) throw new Error('a leader')
    const waiting = scenario.join({ memberId: leader.memberId })
    await scenario.leave(leader)
    await scenario.settle()
    expect(errorOf(waiting)).toBe('UNKNOWN_MEMBER_ID')
  })
})

const replyShape = {
  errorCode: 0,
  protocolType: null,
  protocolName: null,
  leader: '',
  skipAssignment: false,
  members: [],
}
