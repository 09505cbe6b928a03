import { expect, test } from 'vitest'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { errorOf, nextLife, testRuntime } from '../storage/log.fixture.ts'
import { buildBatch } from '../wire/records/batch-builder.ts'
import { OneBroker } from './one-broker.fixture.ts'

const METADATA = 'orders-0/partition.metadata'

/** A broker that was killed, with a record in a partition of whose folder nobody can tell the topic any more. */
async function killedWithout(
  damage: 'lost' | 'damaged',
  { isEmpty = false, isSynced = false } = {},
): Promise<{ topicId: string; reopen: () => Promise<OneBroker>; disk: MemoryDisk }> {
  const runtime = testRuntime(new MemoryDisk({ crashable: true }))
  const broker = await OneBroker.open(runtime)
  const topic = await broker.create('orders', { partitionCount: 1 })
  if (typeof topic === 'string') throw new Error(topic)
  if (!isEmpty) broker.partition('orders').append(buildBatch({ records: [{ value: Buffer.from('one') }] }))
  runtime.clock.runDeferred()
  if (isSynced) await broker.close()
  const disk = runtime.disk.killProcess()
  disk.remove('.log-summary.json')
  // A folder is made with the first records, so an empty one is what is left when it came to no more.
  if (isEmpty) disk.makeFolder('orders-0')
  if (damage === 'lost') disk.remove(METADATA)
  else disk.writeWhole(METADATA, 'version: 0\n')
  return { topicId: topic.id, reopen: () => OneBroker.open(nextLife(runtime, disk)), disk }
}

test('a folder without records that names no topic is the topic of its name, and says so from then on', async () => {
  const { topicId, reopen, disk } = await killedWithout('lost', { isEmpty: true })
  const broker = await reopen()
  expect(broker.partition('orders').log.topicId).toBe(topicId)
  expect(String(disk.readWhole(METADATA))).toContain(topicId)
})

test.each(['lost', 'damaged'] as const)(
  'records that were never synced, in a folder whose topic is %s, are set aside: they may be of an older topic',
  async (damage) => {
    const { topicId, reopen, disk } = await killedWithout(damage)
    const broker = await reopen()
    const { log } = broker.partition('orders')
    expect([log.topicId, log.logEndOffset]).toEqual([topicId, 0])
    const folders = disk.list('').map(({ name }) => name.replace(/[0-9a-f]{32}/, 'unique'))
    expect(folders).toContain('orders-0.unique-stray')
    expect(broker.partition('orders').append(buildBatch({ records: [{}] })).baseOffset).toBe(0)
  },
)

test('synced records in a folder that names no topic are neither served nor touched, until an operator names it', async () => {
  const { topicId, reopen, disk } = await killedWithout('damaged', { isSynced: true })
  const broker = await reopen()
  expect(await errorOf(() => broker.partition('orders'))).toBe('KAFKA_STORAGE_ERROR')
  expect(disk.list('').map(({ name }) => name)).toContain('orders-0')
  await broker.close()
  disk.writeWhole(METADATA, `version: 0\ntopic_id: ${topicId}\n`)
  disk.remove('.log-summary.json')
  expect((await reopen()).partition('orders').log.logEndOffset).toBe(1)
})
