/**
 * A member of a group in a process of its own, so that a test can take it away without a goodbye. Arguments:
 * bootstrap, topic, group id. Tells its parent what it is assigned and what it has processed.
 */
import process from 'node:process'
import { Kafka, logLevel } from 'kafkajs'

export type Report =
  | { readonly kind: 'assigned'; readonly partitions: readonly number[] }
  | { readonly kind: 'processed'; readonly value: string }

const [bootstrap = '', topic = '', groupId = ''] = process.argv.slice(2)
const kafka = new Kafka({
  clientId: `member-${process.pid}`,
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
})
const consumer = kafka.consumer({
  groupId,
  sessionTimeout: 2_000,
  heartbeatInterval: 200,
  maxWaitTimeInMs: 100,
})

consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  report({ kind: 'assigned', partitions: payload.memberAssignment[topic] ?? [] })
})
// Without a parent there is nobody to work for.
process.once('disconnect', () => process.exit())

await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => report({ kind: 'processed', value: message.value?.toString() ?? '' }),
})

function report(what: Report): void {
  process.send?.(what)
}
