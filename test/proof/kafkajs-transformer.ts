/**
 * One process of a chain: takes every record of a source over to its target, in transactions together with the source's
 * offsets. Arguments: bootstrap, group id, seed, then SOURCE>TARGET for each link of the chain. Runs until it is killed.
 *
 * kafkajs cannot commit offsets under the group's generation (KIP-447), so there is a transactional id for every source
 * partition, as Kafka Streams had it before that: who gets a partition fences its former owner first and asks for the
 * committed offset then, which no zombie can move any more.
 */
import process from 'node:process'
import {
  type Consumer,
  type EachBatchPayload,
  Kafka,
  type KafkaMessage,
  logLevel,
  type Producer,
} from 'kafkajs'
import { Chance } from '../fuzz/chance.ts'
import { POISON } from './ledger.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
const [bootstrap = '', groupId = '', seed = '0', ...links] = process.argv.slice(2)
const targets = new Map(links.map((link) => [link.split('>')[0] ?? '', link.split('>')[1] ?? '']))
const chance = new Chance(Number(seed))
const kafka = new Kafka({
  clientId: `transformer-${process.pid}`,
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  connectionTimeout: 1_000,
  retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 60 },
})
const admin = kafka.admin()

/** What is known of a source partition since it was assigned. */
interface Lane {
  readonly producer: Producer
  /** The offset after the last record that was taken over. */
  position: number
}

let lanes = new Map<string, Lane>()

const consumer: Consumer = kafka.consumer({
  groupId,
  sessionTimeout: 2_000,
  rebalanceTimeout: 4_000,
  heartbeatInterval: 200,
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 40_000,
})
consumer.on(consumer.events.GROUP_JOIN, () => {
  for (const lane of lanes.values()) forget(lane)
  lanes = new Map()
})
consumer.on(consumer.events.CRASH, () => process.exit(1))
process.once('disconnect', () => process.exit())

await admin.connect()
await consumer.connect()
await consumer.subscribe({ topics: [...targets.keys()], fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 4,
  eachBatch: takeOver,
})

async function takeOver(payload: EachBatchPayload): Promise<void> {
  const { batch, isRunning, isStale, resolveOffset, heartbeat } = payload
  const lane = await laneOf(payload)
  if (lane === undefined) return
  const { position } = lane
  const messages = batch.messages.filter(({ offset }) => Number(offset) >= position)
  while (messages.length > 0 && isRunning() && !isStale()) {
    const some = messages.splice(0, chance.between(50, 600))
    if (chance.once(12) && !(await transact(lane, payload, some, false))) return
    if (!(await transact(lane, payload, some, true))) return
    resolveOffset(String(lane.position - 1))
    // Throws when the group meets again, for kafkajs to hear of it.
    await heartbeat()
  }
  if (messages.length === 0) resolveOffset(batch.lastOffset())
}

/** Nothing when the records of this batch are not the ones that come next; the right ones are on their way then. */
async function laneOf({ batch }: EachBatchPayload): Promise<Lane | undefined> {
  const { topic, partition } = batch
  const name = `${topic}/${partition}`
  const ours = lanes
  const known = ours.get(name)
  if (known !== undefined) return known
  const lane = await openLane(topic, partition).catch(pause)
  if (lane === undefined) return undefined
  // The group may have met again meanwhile; then this partition is perhaps somebody else's.
  if (ours !== lanes) {
    forget(lane)
    return undefined
  }
  lanes.set(name, lane)
  if (Number(fetchedOffset(batch)) === lane.position) return lane
  consumer.seek({ topic, partition, offset: String(lane.position) })
  return undefined
}

async function openLane(topic: string, partition: number): Promise<Lane> {
  const producer = kafka.producer({
    transactionalId: `${groupId}-${topic}-${partition}`,
    transactionTimeout: 15_000,
    idempotent: true,
    maxInFlightRequests: 1,
  })
  try {
    await producer.connect()
    // The first transaction asks for the producer id, which ends what the former owner has left.
    await (await producer.transaction()).abort()
    const [group] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const committed = Number(group?.partitions.find((of) => of.partition === partition)?.offset ?? -1)
    return { producer, position: Math.max(0, committed) }
  } catch (error) {
    await producer.disconnect().catch(() => undefined)
    throw error
  }
}

/** Whether the transaction ended as it should. How it ended else is for the next producer of its id to find out. */
async function transact(
  lane: Lane,
  { batch: { topic, partition } }: EachBatchPayload,
  messages: readonly KafkaMessage[],
  isCommitted: boolean,
): Promise<boolean> {
  const position = Number(messages.at(-1)?.offset) + 1
  try {
    const transaction = await lane.producer.transaction()
    await transaction.send({
      topic: targets.get(topic) ?? '',
      messages: messages.map(({ key, value }) => ({ key, value: isCommitted ? value : POISON })),
    })
    const partitions = [{ partition, offset: String(position) }]
    await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions }] })
    if (isCommitted) await transaction.commit()
    else await transaction.abort()
  } catch {
    forget(lane)
    const name = `${topic}/${partition}`
    if (lanes.get(name) === lane) lanes.delete(name)
    await pause()
    return false
  }
  if (isCommitted) lane.position = position
  return true
}

/** After a failure. */
async function pause(): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, 50))
}

/** The offset that was asked for; kafkajs has it, its types don't. */
function fetchedOffset(batch: object): unknown {
  return Reflect.get(batch, 'fetchedOffset')
}

function forget({ producer }: Lane): void {
  producer.disconnect().catch(() => undefined)
}
