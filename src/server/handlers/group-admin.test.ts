import { describe, expect, test } from 'vitest'
import { subscription } from '../../coordinator/group-scenario.fixture.ts'
import { KafkaError } from '../../wire/errors.ts'
import { deleteGroupsHandler } from './delete-groups.ts'
import { describeGroupsHandler } from './describe-groups.ts'
import { findCoordinatorHandler } from './find-coordinator.ts'
import { Broker, member, TOPIC_ID, topics, versions } from './group-broker.fixture.ts'
import { listGroupsHandler } from './list-groups.ts'
import { offsetDeleteHandler } from './offset-delete.ts'

describe('administration', () => {
  test('a group is described with its members once it is stable', async () => {
    const broker = new Broker()
    const { memberId } = await member(broker, 9, 'pod-0')
    const describe = describeGroupsHandler(broker.groups)
    for (const version of versions(describe.api)) {
      const request = { groups: ['g'], includeAuthorizedOperations: version >= 3 }
      const [group] = (await broker.call(describe, version, request)).groups
      expect(group).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
      expect(group?.authorizedOperations).toBe(version >= 3 ? 3_400 : -2_147_483_648)
      expect(group?.members).toEqual([
        {
          memberId,
          groupInstanceId: version >= 4 ? 'pod-0' : null,
          clientId: 'app',
          clientHost: '/127.0.0.1',
          memberMetadata: subscription('pay'),
          memberAssignment: Buffer.from('all'),
        },
      ])
    }
  })

  test('a group that does not exist is dead, and from version 6 on an error', async () => {
    const broker = new Broker()
    const describe = describeGroupsHandler(broker.groups)
    const request = { groups: ['nobody'], includeAuthorizedOperations: false }
    const told = async (version: number) => (await broker.call(describe, version, request)).groups[0]
    expect(await told(5)).toMatchObject({ groupState: 'Dead', errorCode: 0 })
    expect(await told(6)).toMatchObject({ errorCode: 69, errorMessage: 'Group nobody not found.' })
  })

  test('groups are listed by state and type, without regard to case', async () => {
    const broker = new Broker()
    await member(broker)
    const list = listGroupsHandler(broker.groups)
    const listed = async (statesFilter: string[], typesFilter: string[]) =>
      (await broker.call(list, 5, { statesFilter, typesFilter })).groups.map(({ groupId }) => groupId)
    expect(await listed([], [])).toEqual(['g'])
    expect(await listed(['stable', 'Empty'], ['Classic'])).toEqual(['g'])
    expect(await listed(['Empty'], [])).toEqual([])
    expect(await listed([], ['consumer'])).toEqual([])
    expect(await listed(['Bogus'], [])).toEqual([])
  })

  test('a name that comes twice is deleted once', async () => {
    const broker = new Broker()
    await member(broker)
    const deleting = deleteGroupsHandler(broker.groups)
    const { results } = await broker.call(deleting, 2, { groupsNames: ['g', 'nobody', 'g'] })
    expect(results.map(({ groupId, errorCode }) => [groupId, errorCode])).toEqual([
      ['g', 68],
      ['nobody', 69],
    ])
  })

  test('offsets that can be deleted are, the rest is told why not', async () => {
    const broker = new Broker()
    const deleting = offsetDeleteHandler(broker.groups, topics)
    const request = {
      groupId: 'g',
      topics: [{ name: 'pay', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] }],
    }
    expect(await broker.call(deleting, 0, request)).toMatchObject({ errorCode: 69, topics: [] })
    await member(broker)
    const { errorCode, topics: results } = await broker.call(deleting, 0, request)
    expect(errorCode).toBe(0)
    expect(results[0]?.partitions.map((partition) => partition.errorCode)).toEqual([86, 3])
  })
})

describe('FindCoordinator', () => {
  const find = findCoordinatorHandler({
    async locate(type) {
      if (type === 'group') return { nodeId: 1, host: 'kafka', port: 9092 }
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    },
  })
  const ask = (version: number, keyType: number, ...keys: string[]) =>
    new Broker().call(find, version, { key: keys[0] ?? '', keyType, coordinatorKeys: keys })

  test('one key until version 3, many from version 4 on', async () => {
    for (const version of [0, 1, 2, 3])
      expect(await ask(version, 0, 'g')).toMatchObject({ errorCode: 0, nodeId: 1, host: 'kafka', port: 9092 })
    for (const version of [4, 5, 6])
      expect((await ask(version, 0, 'g', 'h')).coordinators.map(({ key, nodeId }) => [key, nodeId])).toEqual([
        ['g', 1],
        ['h', 1],
      ])
  })

  test('without a coordinator there is no address', async () => {
    expect(await ask(2, 1, 't')).toMatchObject({ errorCode: 15, nodeId: -1, host: '', port: -1 })
    expect((await ask(4, 1, 't')).coordinators[0]).toMatchObject({ errorCode: 15, nodeId: -1 })
  })

  test('a type that the version does not have is an invalid request', async () => {
    expect((await ask(2, 3, 'g')).errorCode).toBe(42)
    expect((await ask(5, 2, `g:${TOPIC_ID}:0`)).coordinators[0]?.errorCode).toBe(42)
  })

  test('a key of a share partition is a group, a topic id and a number', async () => {
    const keys = [
      `g:${TOPIC_ID}:0`,
      'g',
      '',
      ':x:0',
      `g:${TOPIC_ID}:z`,
      'g:AAAA:0',
      'a:b:c:d',
      ` :${TOPIC_ID}:0`,
    ]
    const errors = (await ask(6, 2, ...keys)).coordinators.map(({ errorCode }) => errorCode)
    expect(errors).toEqual([15, 42, 42, 42, 42, 42, 42, 42])
  })
})
