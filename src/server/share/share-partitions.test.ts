import { expect, test } from 'vitest'
import { noShareGroups } from '../../coordinator/share/share-environment.ts'
import type { SharePartitionStates } from '../../coordinator/share-state/share-coordinator.ts'
import { OneBroker } from '../../replication/one-broker.fixture.ts'
import { silentLogger } from '../../runtime/log.ts'
import { errorOf } from '../../storage/log.fixture.ts'
import { KafkaError } from '../../wire/errors.ts'
import { readShareGroupConfig } from '../configs/share-group-config.ts'
import { SharePartitions } from './share-partitions.ts'

async function scene(states: Partial<SharePartitionStates>) {
  const broker = await OneBroker.open()
  await broker.create('orders')
  const shares = new SharePartitions({
    clock: broker.runtime.clock,
    logger: silentLogger,
    metadata: broker.metadata,
    partitions: broker.partitions,
    states: { ...noShareGroups.states, ...states },
    config: () => readShareGroupConfig((definition) => definition.read(null)),
  })
  const { topicId } = broker.partition('orders')
  return { broker, shares, key: { groupId: 'g', topicId, partition: 0 } }
}

const stored = { read: () => Promise.resolve({ stateEpoch: 1, startOffset: 0, batches: [] }) }

test('a group that a client makes up leaves nothing behind', async () => {
  const { broker, shares, key } = await scene({
    read: () => Promise.reject(new KafkaError('INVALID_REQUEST')),
  })
  expect(await errorOf(() => shares.use(key).load())).toBe('UNKNOWN_SERVER_ERROR')
  expect(shares.size).toBe(0)
  await broker.close()
})

test('who is fenced starts over from what is stored', async () => {
  const { broker, shares, key } = await scene({
    ...stored,
    write: () => Promise.reject(new KafkaError('FENCED_STATE_EPOCH')),
  })
  const share = shares.use(key)
  await share.load()
  const runs = [{ firstOffset: 0, lastOffset: 1, isAborted: false }]
  const request = { memberId: 'a', fetchOffset: 0, runs, maxRecords: 10, batchSize: 10, isExact: false }
  expect(share.acquire(request)).toHaveLength(1)
  const acknowledged = () => share.acknowledge('a', [{ firstOffset: 0, lastOffset: 1, types: [1] }])
  expect(await errorOf(acknowledged)).toBe('FENCED_STATE_EPOCH')
  expect(shares.use(key)).not.toBe(share)
  expect(share.acquire(request)).toEqual([])
  await broker.close()
})

test('a group that is over is forgotten with all its partitions', async () => {
  const { broker, shares, key } = await scene(stored)
  await shares.use(key).load()
  await shares.use({ ...key, groupId: 'h' }).load()
  shares.forgetGroup('g')
  expect(shares.size).toBe(1)
  await broker.close()
})
