import { expect, test } from 'vitest'
import { useBroker } from './broker.ts'
import { newTopic } from './requests.ts'
import { addOffsets, commitOffset, end, fetchOffset, init, newGroup } from './transaction-requests.ts'

const broker = useBroker({ configs: { 'transaction.state.log.num.partitions': '3' } })

test('offsets count once their transaction is committed; until then they are unstable', async () => {
  const [topic, groupId] = [await newTopic(broker), await newGroup(broker)]
  const member = await init(broker)
  expect(await addOffsets(broker, member, groupId)).toBe('NONE')
  expect(await commitOffset(broker, member, groupId, topic, 5)).toBe('NONE')
  expect(await fetchOffset(broker, groupId, topic, false)).toBe(-1)
  expect(await fetchOffset(broker, groupId, topic, true)).toBe('UNSTABLE_OFFSET_COMMIT')
  await end(broker, member, true)
  await broker.eventually(async () => expect(await fetchOffset(broker, groupId, topic, true)).toBe(5))
  await addOffsets(broker, member, groupId)
  await commitOffset(broker, member, groupId, topic, 9)
  await end(broker, member, false)
  await broker.eventually(async () => expect(await fetchOffset(broker, groupId, topic, true)).toBe(5))
})

test('offsets are committed in no transaction to which their partition was not added, until v5 adds it', async () => {
  const [topic, groupId] = [await newTopic(broker), await newGroup(broker)]
  const member = await init(broker)
  expect(await commitOffset(broker, member, groupId, topic, 5, { version: 3 })).toBe('INVALID_TXN_STATE')
  expect(await commitOffset(broker, member, groupId, topic, 5, { version: 4 })).toBe('TRANSACTION_ABORTABLE')
  for (const version of [5, 6]) {
    const id = await init(broker)
    expect(await commitOffset(broker, id, groupId, topic, version, { version }), `v${version}`).toBe('NONE')
    await end(broker, id, true, 5)
    await broker.eventually(async () => expect(await fetchOffset(broker, groupId, topic, true)).toBe(version))
  }
})

test('offsets of a generation or member that the group does not have are refused (KIP-447)', async () => {
  const [topic, groupId] = [await newTopic(broker), await newGroup(broker)]
  const member = await init(broker)
  await addOffsets(broker, member, groupId)
  const wrong = { generationId: 3, memberId: 'nobody' }
  expect(await commitOffset(broker, member, groupId, topic, 5, wrong)).toBe('ILLEGAL_GENERATION')
  expect(await commitOffset(broker, member, groupId, topic, 5, { ...wrong, version: 6 })).toBe(
    'GROUP_ID_NOT_FOUND',
  )
  expect(await commitOffset(broker, member, '', topic, 5)).toBe('INVALID_GROUP_ID')
  expect(await commitOffset(broker, member, groupId, topic, 5, { partition: 7 })).toBe(
    'UNKNOWN_TOPIC_OR_PARTITION',
  )
  const stale = { ...member, producerEpoch: 9 }
  for (const version of [3, 4, 5])
    expect(
      await commitOffset(broker, stale, await newGroup(broker), topic, 5, { version }),
      `v${version}`,
    ).toBe('INVALID_PRODUCER_EPOCH')
})
