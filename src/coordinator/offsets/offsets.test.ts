import { describe, expect, test } from 'vitest'
import { type ErrorName, KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { GroupScenario, replyOf, subscription } from '../group-scenario.fixture.ts'

const DAY_MS = 24 * 3_600_000
const CHECK_MS = 600_000

async function stableMember(scenario: GroupScenario) {
  const [member] = await scenario.stableGroup({})
  if (member === undefined) throw new Error('one member')
  return member
}

describe('committing', () => {
  test('somebody who is no member makes the group by committing to it', async () => {
    const scenario = new GroupScenario()
    expect(await scenario.commit()).toBe('NONE')
    expect(await scenario.phase()).toBe('Empty')
    expect(await scenario.committed()).toEqual({
      partitionIndex: 0,
      committedOffset: 7,
      committedLeaderEpoch: 3,
      metadata: '',
      errorCode: 0,
    })
  })

  test('metadata comes back as it was stored, and none comes back as an empty string', async () => {
    const scenario = new GroupScenario()
    await scenario.commit({ metadata: '{"note":"ünïcode"}' })
    expect((await scenario.committed())?.metadata).toBe('{"note":"ünïcode"}')
    await scenario.commit({ metadata: null })
    expect((await scenario.committed())?.metadata).toBe('')
  })

  test('metadata over the limit is refused for its partition', async () => {
    const scenario = new GroupScenario({ offsetMetadataMaxBytes: 10 })
    expect(await scenario.commit({ metadata: 'x'.repeat(10) })).toBe('NONE')
    expect(await scenario.commit({ metadata: 'x'.repeat(11) })).toBe('OFFSET_METADATA_TOO_LARGE')
  })

  test('a partition for which nothing was committed has offset -1, no error and an empty string', async () => {
    const scenario = new GroupScenario()
    const nothing = {
      partitionIndex: 0,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode: 0,
    }
    expect(await scenario.committed()).toEqual(nothing)
    await scenario.commit()
    expect(await scenario.committed('refunds')).toEqual(nothing)
  })

  test('a generation in a group that does not exist is refused, more clearly to newer clients', async () => {
    const scenario = new GroupScenario()
    const stranger = { generationId: 5, memberId: 'x' }
    expect(await scenario.commit({ ...stranger, tellsUnknownGroup: false })).toBe('ILLEGAL_GENERATION')
    expect(await scenario.commit({ ...stranger, tellsUnknownGroup: true })).toBe('GROUP_ID_NOT_FOUND')
  })

  test('a group with members takes commits from them alone, in their generation', async () => {
    const scenario = new GroupScenario()
    const { memberId, generationId } = await stableMember(scenario)
    expect(await scenario.commit({ memberId, generationId })).toBe('NONE')
    expect(await scenario.commit({ memberId, generationId: 0 })).toBe('ILLEGAL_GENERATION')
    expect(await scenario.commit({ memberId, generationId: -1 })).toBe('ILLEGAL_GENERATION')
    expect(await scenario.commit({ memberId: 'nobody', generationId })).toBe('UNKNOWN_MEMBER_ID')
    expect(await scenario.commit()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('between join and sync commits have to wait; while members gather they are welcome', async () => {
    const scenario = new GroupScenario()
    const join = scenario.join()
    await scenario.pass(0)
    const member = replyOf(join)
    expect(await scenario.commit(member)).toBe('REBALANCE_IN_PROGRESS')
    scenario.sync(member, { [member.memberId]: 'all' })
    scenario.join()
    expect(await scenario.phase()).toBe('PreparingRebalance')
    expect(await scenario.commit(member)).toBe('NONE')
  })

  test('commits survive a restart, and so does the generation of a stable group', async () => {
    const scenario = new GroupScenario()
    const member = await stableMember(scenario)
    await scenario.commit({ ...member, offset: 41, metadata: 'half-way' })
    await scenario.restart()
    expect(await scenario.committed()).toMatchObject({ committedOffset: 41, metadata: 'half-way' })
    expect(await scenario.heartbeat(member)).toBe('NONE')
    expect(await scenario.commit({ ...member, offset: 42 })).toBe('NONE')
  })

  test('after a restart in the middle of a rebalance members of the unfinished generation join again', async () => {
    const scenario = new GroupScenario()
    const old = await stableMember(scenario)
    const join = scenario.join({ memberId: old.memberId })
    await scenario.settle()
    expect(replyOf(join).generationId).toBe(2)
    await scenario.restart()
    expect(await scenario.heartbeat(replyOf(join))).toBe('ILLEGAL_GENERATION')
    expect(await scenario.commit({ ...replyOf(join) })).toBe('ILLEGAL_GENERATION')
    const again = scenario.join({ memberId: old.memberId })
    await scenario.settle()
    expect(replyOf(again)).toMatchObject({ errorCode: 0, memberId: old.memberId, generationId: 2 })
  })

  test('what the log refuses is told in the words of a coordinator', async () => {
    const told: [refusal: ErrorName, told: ErrorName][] = [
      ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
      ['REQUEST_TIMED_OUT', 'COORDINATOR_NOT_AVAILABLE'],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
      ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
      ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
      ['MESSAGE_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
    ]
    const scenario = new GroupScenario()
    for (const [refusal, expected] of told) {
      scenario.log.refuseNext = new KafkaError(refusal)
      expect(await scenario.commit()).toBe(expected)
    }
    expect(await scenario.phase()).toBe('Dead')
  })

  test('an offset of a topic that was recreated since is not given out for the new topic', async () => {
    const scenario = new GroupScenario()
    const [oldId, newId] = ['AAAAAAAAAAAAAAAAAAAAAQ', 'BBBBBBBBBBBBBBBBBBBBBQ']
    const partition = {
      partitionIndex: 0,
      committedOffset: 9,
      committedLeaderEpoch: -1,
      committedMetadata: '',
      commitTimestampMs: -1,
    }
    await scenario.commit({ topics: [{ name: 'payments', topicId: oldId, partitions: [partition] }] })
    const ask = async (topicId: string) => {
      const topics = [{ name: 'payments', topicId, partitionIndexes: [0] }]
      return (await scenario.coordinator.fetch(scenario.groupId, topics, false))[0]?.partitions[0]
    }
    expect(await ask(oldId)).toMatchObject({ committedOffset: 9 })
    expect(await ask(newId)).toMatchObject({ committedOffset: -1, errorCode: 0 })
    expect(await ask(ZERO_UUID)).toMatchObject({ committedOffset: 9 })
  })

  test('all offsets of a group can be asked for without naming topics', async () => {
    const scenario = new GroupScenario()
    expect(await scenario.coordinator.fetch(scenario.groupId, null, false)).toEqual([])
    await scenario.commit({ topic: 'payments' })
    await scenario.commit({ topic: 'refunds', offset: 2 })
    const all = await scenario.coordinator.fetch(scenario.groupId, null, false)
    expect(all.map(({ name, partitions }) => [name, partitions[0]?.committedOffset])).toEqual([
      ['payments', 7],
      ['refunds', 2],
    ])
  })
})

describe('transactions', () => {
  const producer = { producerId: 77, producerEpoch: 0 }
  const end = { ...producer, committed: true, coordinatorEpoch: 0 }

  async function commitInTransaction(scenario: GroupScenario, offset: number) {
    const partition = {
      partitionIndex: 0,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: '',
      commitTimestampMs: -1,
    }
    const request = {
      groupId: scenario.groupId,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name: 'payments', topicId: ZERO_UUID, partitions: [partition] }],
      tellsUnknownGroup: false,
      isTransactional: true,
    }
    await scenario.coordinator.commit(request, scenario.connect(), producer)
  }

  test('an offset that a transaction may still change is unstable to those who care', async () => {
    const scenario = new GroupScenario()
    await scenario.commit({ offset: 1 })
    await commitInTransaction(scenario, 2)
    expect(await scenario.committed('payments', true)).toMatchObject({ errorCode: 88, committedOffset: -1 })
    expect(await scenario.committed('payments', false)).toMatchObject({ errorCode: 0, committedOffset: 1 })
  })

  test('the end of the transaction takes its offsets over or forgets them', async () => {
    for (const [isCommitted, offset] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const scenario = new GroupScenario()
      await scenario.commit({ offset: 1 })
      await commitInTransaction(scenario, 2)
      const partition = scenario.coordinator.partitionOf(scenario.groupId)
      await scenario.coordinator.endTransaction(partition, { ...end, committed: isCommitted })
      expect(await scenario.committed('payments', true)).toMatchObject({
        errorCode: 0,
        committedOffset: offset,
      })
    }
  })

  test('a commit beside the transaction and after it is not undone by its end', async () => {
    const scenario = new GroupScenario()
    await commitInTransaction(scenario, 2)
    await scenario.commit({ offset: 3 })
    const partition = scenario.coordinator.partitionOf(scenario.groupId)
    await scenario.coordinator.endTransaction(partition, end)
    expect(await scenario.committed()).toMatchObject({ committedOffset: 3 })
  })
})

describe('deleting', () => {
  const payments = [{ name: 'payments', partitions: [0] }]

  test('offsets of a group without members can be deleted one by one', async () => {
    const scenario = new GroupScenario()
    await scenario.commit()
    await scenario.commit({ topic: 'refunds' })
    const results = await scenario.coordinator.deleteOffsets(scenario.groupId, payments)
    expect(results[0]?.partitions).toEqual([{ partitionIndex: 0, errorCode: 0 }])
    expect((await scenario.committed())?.committedOffset).toBe(-1)
    expect((await scenario.committed('refunds'))?.committedOffset).toBe(7)
  })

  test('offsets of topics that the group consumes stay', async () => {
    const scenario = new GroupScenario()
    await scenario.commit()
    await scenario.commit({ topic: 'refunds' })
    await stableMember(scenario)
    const topics = [...payments, { name: 'refunds', partitions: [0] }]
    const results = await scenario.coordinator.deleteOffsets(scenario.groupId, topics)
    expect(results.map(({ partitions }) => partitions[0]?.errorCode)).toEqual([86, 0])
    expect((await scenario.committed())?.committedOffset).toBe(7)
  })

  test('of a group of other clients than consumers nothing is deleted while it has members', async () => {
    const scenario = new GroupScenario()
    const deleting = () => scenario.coordinator.deleteOffsets(scenario.groupId, payments)
    expect(deleting).toThrow('GROUP_ID_NOT_FOUND')
    await scenario.stableGroup({ protocolType: 'connect' })
    expect(deleting).toThrow('NON_EMPTY_GROUP')
  })

  test('a group goes with all its offsets, but only without members', async () => {
    const scenario = new GroupScenario()
    await scenario.commit()
    const member = await stableMember(scenario)
    expect(() => scenario.coordinator.delete(scenario.groupId)).toThrow('NON_EMPTY_GROUP')
    await scenario.leave(member)
    await scenario.coordinator.delete(scenario.groupId)
    expect(await scenario.phase()).toBe('Dead')
    expect((await scenario.committed())?.committedOffset).toBe(-1)
    expect(() => scenario.coordinator.delete(scenario.groupId)).toThrow('not found')
    await scenario.restart()
    expect(await scenario.phase()).toBe('Dead')
  })

  test('a deleted topic takes its offsets along', async () => {
    const scenario = new GroupScenario()
    await scenario.commit()
    await scenario.commit({ topic: 'refunds' })
    scenario.coordinator.topicsDeleted(['payments'])
    expect((await scenario.committed())?.committedOffset).toBe(-1)
    expect((await scenario.committed('refunds'))?.committedOffset).toBe(7)
  })
})

describe('retention', () => {
  test('offsets of a group that has been empty for the retention time go, and the group with them', async () => {
    const scenario = new GroupScenario()
    const member = await stableMember(scenario)
    await scenario.commit(member)
    await scenario.pass(5_000)
    await scenario.leave(member)
    await scenario.pass(7 * DAY_MS - CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(7)
    await scenario.pass(2 * CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(-1)
    expect(await scenario.phase()).toBe('Dead')
    await scenario.restart()
    expect(await scenario.phase()).toBe('Dead')
  })

  test('offsets of somebody who is no member go after the retention time since the commit', async () => {
    const scenario = new GroupScenario()
    await scenario.commit()
    await scenario.pass(6 * DAY_MS)
    await scenario.commit({ topic: 'refunds' })
    await scenario.pass(DAY_MS + CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(-1)
    expect((await scenario.committed('refunds'))?.committedOffset).toBe(7)
    expect(await scenario.phase()).toBe('Empty')
  })

  test('a stable group keeps the offsets of what it reads, and only those', async () => {
    const patient = { sessionTimeoutMs: 1_000_000_000, rebalanceTimeoutMs: 1_000 }
    const scenario = new GroupScenario({ maxSessionTimeoutMs: 1_000_000_000 })
    const [member] = await scenario.stableGroup({
      ...patient,
      protocols: [{ name: 'range', metadata: subscription('payments') }],
    })
    await scenario.commit({ ...member })
    await scenario.commit({ ...member, topic: 'refunds' })
    await scenario.pass(7 * DAY_MS + CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(7)
    expect((await scenario.committed('refunds'))?.committedOffset).toBe(-1)
  })

  test('a commit may say itself how long its offsets are kept', async () => {
    const scenario = new GroupScenario()
    await scenario.commit({ retentionTimeMs: 1_000 })
    await scenario.restart()
    await scenario.pass(CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(-1)
  })

  test('an empty group without offsets is tidied away', async () => {
    const scenario = new GroupScenario()
    const member = await stableMember(scenario)
    await scenario.leave(member)
    await scenario.pass(CHECK_MS)
    expect(await scenario.phase()).toBe('Dead')
  })

  test('cleaning up that the log refuses is done another time', async () => {
    const scenario = new GroupScenario()
    await scenario.commit({ retentionTimeMs: 1_000 })
    scenario.log.refuseNext = new KafkaError('NOT_ENOUGH_REPLICAS')
    await scenario.pass(CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(7)
    await scenario.pass(CHECK_MS)
    expect((await scenario.committed())?.committedOffset).toBe(-1)
  })
})
