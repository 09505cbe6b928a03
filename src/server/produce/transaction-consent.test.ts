import { afterEach, expect, test } from 'vitest'
import { OneBroker } from '../../replication/one-broker.fixture.ts'
import { buildBatch } from '../../wire/records/batch-builder.ts'
import { emptyAnswer } from './partition-answer.ts'
import { PendingProduce } from './pending-produce.ts'
import { TransactionConsent } from './transaction-consent.ts'

const brokers: OneBroker[] = []

afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close()
})

test('a batch that waits for consent is what it was when the memory of its request is used for another', async () => {
  const broker = await OneBroker.open()
  brokers.push(broker)
  await broker.create('orders', { partitionCount: 1 })
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true }
  const sent = buildBatch({ records: [{ value: Buffer.from('one') }], ...producer })
  const memory = Buffer.alloc(64 * 1024)
  sent.copy(memory, 100)
  const answer = emptyAnswer(0)
  let agree: () => void = () => undefined
  const consent = new TransactionConsent('id', 12, {
    transactions: {
      addPartitions: (_request, done) => {
        agree = () => done()
      },
      verify: () => undefined,
    },
    verifyPartitions: () => true,
  })
  consent.later({
    partition: broker.partition('orders'),
    batch: {
      bytes: memory.subarray(100, 100 + sent.length),
      recordCount: 1,
      lastOffsetDelta: 0,
      maxTimestamp: 0n,
      maxTimestampOffsetDelta: 0,
      ...producer,
    },
    acks: -1,
    answer,
    pending: new PendingProduce([answer], 1_000),
    slot: 0,
    nowMs: 0,
  })
  const appended: Buffer[] = []
  consent.ask(({ batch }) => appended.push(batch.bytes))
  memory.fill(0)
  agree()
  expect(appended).toEqual([sent])
})
