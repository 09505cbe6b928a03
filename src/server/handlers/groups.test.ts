import { describe, expect, test } from 'vitest'
import { subscription } from '../../coordinator/group-scenario.fixture.ts'
import { Broker, joinRequest, member, versions } from './group-broker.fixture.ts'
import { heartbeatHandler } from './heartbeat.ts'
import { joinGroupHandler } from './join-group.ts'
import { leaveGroupHandler } from './leave-group.ts'
import { syncGroupHandler } from './sync-group.ts'

describe('JoinGroup', () => {
  test.each(versions(joinGroupHandler(new Broker().groups).api))(
    'version %i lets a client in',
    async (version) => {
      const { joined, synced } = await member(new Broker(), version)
      expect(joined).toMatchObject({
        errorCode: 0,
        generationId: 1,
        protocolName: 'range',
        leader: joined.memberId,
      })
      expect(joined.members).toEqual([
        { memberId: joined.memberId, groupInstanceId: null, metadata: subscription('pay') },
      ])
      expect(synced.assignment.toString()).toBe('all')
    },
  )

  test('old versions are never sent a null for the protocol', async () => {
    const broker = new Broker()
    for (const version of versions(joinGroupHandler(broker.groups).api)) {
      const refused = await broker.call(
        joinGroupHandler(broker.groups),
        version,
        joinRequest({ groupId: '', memberId: 'm' }),
      )
      const protocolName = version < 7 ? '' : null
      expect(refused).toMatchObject({
        errorCode: 24,
        protocolName,
        leader: '',
        memberId: 'm',
        generationId: -1,
      })
    }
  })

  test('before version 1 the session timeout is also the rebalance timeout', async () => {
    const broker = new Broker()
    await broker.call(joinGroupHandler(broker.groups), 0, joinRequest())
    const group = await broker.groups.describe('g')
    expect([...(group?.members.values() ?? [])][0]).toMatchObject({ rebalanceTimeoutMs: 10_000 })
  })
})

describe('SyncGroup', () => {
  test('from version 5 on the client must say what protocol it means', async () => {
    const broker = new Broker()
    const { memberId, generationId } = await member(broker)
    const silent = { groupId: 'g', generationId, memberId, groupInstanceId: null, assignments: [] }
    const request = { ...silent, protocolType: null, protocolName: null }
    expect((await broker.call(syncGroupHandler(broker.groups), 5, request)).errorCode).toBe(23)
    expect((await broker.call(syncGroupHandler(broker.groups), 4, request)).errorCode).toBe(0)
  })
})

describe('Heartbeat', () => {
  test('every version is answered', async () => {
    const broker = new Broker()
    const { memberId, generationId } = await member(broker)
    const heartbeat = heartbeatHandler(broker.groups)
    for (const version of versions(heartbeat.api)) {
      const request = { groupId: 'g', generationId, memberId, groupInstanceId: null }
      expect((await broker.call(heartbeat, version, request)).errorCode).toBe(0)
      expect((await broker.call(heartbeat, version, { ...request, groupId: '' })).errorCode).toBe(24)
    }
  })
})

describe('LeaveGroup', () => {
  test('one member leaves in old versions, many in new ones', async () => {
    const broker = new Broker()
    const old = await member(broker)
    const leave = leaveGroupHandler(broker.groups)
    const none = { groupId: 'g', memberId: '', members: [] }
    expect(await broker.call(leave, 2, { ...none, memberId: old.memberId })).toMatchObject({ errorCode: 0 })
    expect(await broker.call(leave, 2, { ...none, memberId: old.memberId })).toMatchObject({ errorCode: 25 })
    const { memberId } = await member(broker)
    const members = [memberId, 'nobody'].map((id) => ({ memberId: id, groupInstanceId: null, reason: null }))
    const left = await broker.call(leave, 5, { ...none, members })
    expect(left.errorCode).toBe(0)
    expect(left.members.map(({ errorCode }) => errorCode)).toEqual([0, 25])
  })

  test('of a group that does not exist nobody is a member', async () => {
    const broker = new Broker()
    const members = [{ memberId: 'm', groupInstanceId: 'i', reason: null }]
    const left = await broker.call(leaveGroupHandler(broker.groups), 5, {
      groupId: 'g',
      memberId: '',
      members,
    })
    expect(left).toMatchObject({
      errorCode: 0,
      members: [{ memberId: 'm', groupInstanceId: 'i', errorCode: 25 }],
    })
  })
})
