import { expect, test } from 'vitest'
import { noShareGroups } from '../../coordinator/share/share-environment.ts'
import type { SharePartitionStates } from '../../coordinator/share-state/share-coordinator.ts'
import type { SharePartitionWrite } from '../../coordinator/share-state/share-state.ts'
import type { StateBatch } from '../../coordinator/share-state/state-batches.ts'
import { OneBroker } from '../../replication/one-broker.fixture.ts'
import { silentLogger } from '../../runtime/log.ts'
import { errorOf } from '../../storage/log.fixture.ts'
import { KafkaError } from '../../wire/errors.ts'
import { buildBatch } from '../../wire/records/batch-builder.ts'
import { readShareGroupConfig } from '../configs/share-group-config.ts'
import type { DeadLetterOffice, DeadLetterPost, DeadLetters } from './dead-letters/dead-letter.ts'
import { SharePartitions } from './share-partitions.ts'

/** A dead-letter office that takes from every group, and is done when it is told. */
class SlowOffice implements DeadLetterOffice {
  readonly posts: { readonly letters: readonly DeadLetters[]; readonly over: (isOver: boolean) => void }[] =
    []

  takesFrom(): boolean {
    return true
  }

  post({ letters }: DeadLetterPost): Promise<boolean> {
    return new Promise((over) => this.posts.push({ letters, over }))
  }
}

async function scene(states: Partial<SharePartitionStates>, office = new SlowOffice()) {
  const broker = await OneBroker.open()
  await broker.create('orders')
  const shares = new SharePartitions({
    clock: broker.runtime.clock,
    logger: silentLogger,
    metadata: broker.metadata,
    partitions: broker.partitions,
    states: { ...noShareGroups.states, ...states },
    config: () => readShareGroupConfig((definition) => definition.read(null)),
    deadLetters: office,
  })
  const { topicId } = broker.partition('orders')
  return { broker, shares, office, key: { groupId: 'g', topicId, partition: 0 } }
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

const [ACKNOWLEDGED, ARCHIVING, ARCHIVED] = [2, 3, 4] as const
const REJECT = 3

/** Share partitions with `count` records, and what was written of their states. */
async function sceneWithDeadLetters(count: number, batches: readonly StateBatch[] = []) {
  const writes: SharePartitionWrite[] = []
  const base = await scene({
    read: () => Promise.resolve({ stateEpoch: 1, startOffset: 0, batches }),
    write: (_key, write) => {
      writes.push(write)
      return Promise.resolve()
    },
  })
  const records = Array.from({ length: count }, () => ({ value: Buffer.from('x') }))
  base.broker.partition('orders').append(buildBatch({ records }))
  const share = base.shares.use(base.key)
  await share.load()
  const request = { memberId: 'a', fetchOffset: 0, maxRecords: 100, batchSize: 100, isExact: false }
  const acquire = () =>
    share.acquire({ ...request, runs: [{ firstOffset: 0, lastOffset: count - 1, isAborted: false }] })
  const written = () =>
    writes.map(({ startOffset, batches: each }) => [
      startOffset,
      ...each.map((batch) => [batch.firstOffset, batch.lastOffset, batch.deliveryState]),
    ])
  return { ...base, share, acquire, written }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

test('a rejection counts when it is stored, and the record is archived when its dead letter is written', async () => {
  const { broker, share, acquire, office, written } = await sceneWithDeadLetters(3)
  acquire()
  await share.acknowledge('a', [{ firstOffset: 0, lastOffset: 2, types: [REJECT, 1, REJECT] }])
  expect(written()).toEqual([[0, [0, 0, ARCHIVING], [1, 1, ACKNOWLEDGED], [2, 2, ARCHIVING]]])
  expect(office.posts.map(({ letters }) => letters)).toEqual([
    [
      { firstOffset: 0, lastOffset: 0, deliveryCount: 1, cause: 'rejected' },
      { firstOffset: 2, lastOffset: 2, deliveryCount: 1, cause: 'rejected' },
    ],
  ])
  office.posts[0]?.over(true)
  await settle()
  expect(written()[1]).toEqual([3, [0, 0, ARCHIVED], [2, 2, ARCHIVED]])
  expect(share.records?.spans).toEqual([])
  await broker.close()
})

test('nobody gets a record whose dead letter is being written, nor can say anything of it', async () => {
  const { broker, share, acquire } = await sceneWithDeadLetters(2)
  acquire()
  const rejected = [{ firstOffset: 0, lastOffset: 1, types: [REJECT] }]
  await share.acknowledge('a', rejected)
  expect(acquire()).toEqual([])
  expect(share.nextFetchOffset()).toBe(2)
  expect(await errorOf(() => share.acknowledge('a', rejected))).toBe('INVALID_RECORD_STATE')
  expect(share.records?.startOffset).toBe(0)
  await broker.close()
})

test('records at their last delivery are dead letters when their locks end', async () => {
  const free = { firstOffset: 0, lastOffset: 0, deliveryState: 0, deliveryCount: 4 }
  const { broker, acquire, office } = await sceneWithDeadLetters(1, [free])
  acquire()
  broker.runtime.clock.advance(30_000)
  await settle()
  expect(office.posts.map(({ letters }) => letters)).toEqual([
    [{ firstOffset: 0, lastOffset: 0, deliveryCount: 5, cause: 'delivery limit' }],
  ])
  await broker.close()
})

test('dead letters that were being written when the broker stopped are written by the next leader', async () => {
  const batch = { firstOffset: 0, lastOffset: 0, deliveryState: ARCHIVING, deliveryCount: 2 }
  const batches = [batch, { ...batch, firstOffset: 1, lastOffset: 1, deliveryCount: 5 }]
  const { broker, share, acquire, office, written } = await sceneWithDeadLetters(3, batches)
  expect(office.posts[0]?.letters).toEqual([
    { firstOffset: 0, lastOffset: 0, deliveryCount: 2, cause: 'rejected' },
    { firstOffset: 1, lastOffset: 1, deliveryCount: 5, cause: 'delivery limit' },
  ])
  expect(acquire()).toEqual([{ firstOffset: 2, lastOffset: 2, deliveryCount: 1 }])
  office.posts[0]?.over(true)
  await settle()
  expect(written()).toEqual([[2, [0, 0, ARCHIVED], [1, 1, ARCHIVED]]])
  expect(share.records?.startOffset).toBe(2)
  await broker.close()
})

test('nothing is archived when the broker stops before the dead letters are written', async () => {
  const { broker, share, acquire, office, written } = await sceneWithDeadLetters(1)
  acquire()
  await share.acknowledge('a', [{ firstOffset: 0, lastOffset: 0, types: [REJECT] }])
  office.posts[0]?.over(false)
  await settle()
  expect(written()).toEqual([[0, [0, 0, ARCHIVING]]])
  await broker.close()
})

test('who is not in charge any more tells what became of the dead letters, and nothing else', async () => {
  const { broker, shares, share, acquire, office, written } = await sceneWithDeadLetters(2)
  acquire()
  await share.acknowledge('a', [{ firstOffset: 0, lastOffset: 0, types: [REJECT] }])
  shares.forgetGroup('g')
  office.posts[0]?.over(true)
  await settle()
  expect(written()[1]).toEqual([-1, [0, 0, ARCHIVED]])
  await broker.close()
})

test('a rejection that can not be stored is no dead letter, and the member still has the record', async () => {
  const { broker, shares, office, key } = await scene({
    ...stored,
    write: () => Promise.reject(new KafkaError('COORDINATOR_NOT_AVAILABLE')),
  })
  const share = shares.use(key)
  await share.load()
  const runs = [{ firstOffset: 0, lastOffset: 0, isAborted: false }]
  share.acquire({ memberId: 'a', fetchOffset: 0, runs, maxRecords: 10, batchSize: 10, isExact: false })
  const rejected = () => share.acknowledge('a', [{ firstOffset: 0, lastOffset: 0, types: [REJECT] }])
  expect(await errorOf(rejected)).toBe('COORDINATOR_NOT_AVAILABLE')
  expect(office.posts).toEqual([])
  expect(share.records?.spans).toMatchObject([{ state: 'acquired', memberId: 'a' }])
  await broker.close()
})
