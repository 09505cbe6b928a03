import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { type Broker, startBroker } from '../src/index.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

async function withAdmin<Result>(
  broker: Broker,
  work: (admin: ReturnType<Kafka['admin']>, kafka: Kafka) => Promise<Result>,
): Promise<Result> {
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin, kafka)
  } finally {
    await admin.disconnect()
  }
}

test('a folder with logs and no metadata, as another broker leaves it, is taken over with its records and offsets', async () => {
  const data = mkdtempSync(join(tmpdir(), 'odradek-test-'))
  try {
    // Another number of partitions for groups than the default, which must be found out from the folder.
    const first = await startBroker({ data, configs: { 'offsets.topic.num.partitions': '3' } })
    await withAdmin(first, async (admin, kafka) => {
      await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] })
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic: 'orders', messages: [{ partition: 2, value: 'one' }] })
      await producer.disconnect()
      await admin.setOffsets({
        groupId: 'readers',
        topic: 'orders',
        partitions: [{ partition: 2, offset: '1' }],
      })
    })
    const { clusterId } = await withAdmin(first, (admin) => admin.describeCluster())
    await first.close()
    for (const file of ['metadata.journal', 'metadata.snapshot']) rmSync(join(data, file), { force: true })

    await using second = await startBroker({ data })
    await withAdmin(second, async (admin) => {
      expect((await admin.describeCluster()).clusterId).toBe(clusterId)
      expect(await admin.fetchTopicOffsets('orders')).toMatchObject([
        { partition: 0, high: '0' },
        { partition: 1, high: '0' },
        { partition: 2, high: '1' },
      ])
      const [offsets] = await admin.fetchOffsets({ groupId: 'readers', topics: ['orders'] })
      expect(offsets?.partitions).toContainEqual(expect.objectContaining({ partition: 2, offset: '1' }))
    })
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})
