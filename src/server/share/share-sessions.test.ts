import { expect, test } from 'vitest'
import { testConnection } from '../connection.fixture.ts'
import { SessionRoom } from '../session-room.ts'
import { INITIAL_EPOCH, type ShareSession, ShareSessions } from './share-sessions.ts'

function sessions(maxPartitions: number) {
  const ended: ShareSession[] = []
  const all = new ShareSessions(
    () => 10,
    async (session) => {
      ended.push(session)
    },
    new SessionRoom(maxPartitions),
  )
  return { all, ended }
}

function partitions(count: number) {
  return Array.from({ length: count }, (_, partition) => ({ topicId: 'id', partition }))
}

test('share sessions together keep a bounded number of partitions, and one that would have more is over', () => {
  const { all, ended } = sessions(5)
  const one = all.open('group', 'one', testConnection)
  all.put(one, partitions(4))
  all.put(one, partitions(4))
  const other = all.open('group', 'other', testConnection)
  expect(() => all.put(other, partitions(2))).toThrow('SHARE_SESSION_LIMIT_REACHED')
  expect(ended).toEqual([other])
  expect(() => all.use('group', 'other', INITIAL_EPOCH + 1)).toThrow('SHARE_SESSION_NOT_FOUND')
  all.put(one, partitions(5))
  expect(one.partitions).toHaveLength(5)
})

test('what a share session forgets, or had when it was over or made anew, leaves room for others', () => {
  const { all } = sessions(4)
  const first = all.open('group', 'one', testConnection)
  all.put(first, partitions(4))
  const second = all.open('group', 'one', testConnection)
  all.put(second, partitions(4))
  second.forget({ topicId: 'id', partition: 0 })
  second.forget({ topicId: 'id', partition: 0 })
  const other = all.open('group', 'other', testConnection)
  all.put(other, partitions(1))
  all.end(second)
  all.end(second)
  all.put(other, partitions(4))
  expect(() => all.put(other, partitions(5))).toThrow('SHARE_SESSION_LIMIT_REACHED')
})
