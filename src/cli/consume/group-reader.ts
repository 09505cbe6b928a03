import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import { waitMs } from '../../runtime/node-wait.ts'
import type { LogRecord } from '../../wire/records/record-iteration.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { EndDetector } from './end-detector.ts'
import type { RecordWriter } from './record-writer.ts'

export interface GroupReadOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Where to start in a partition for which the group has committed nothing. */
  readonly fromBeginning: boolean
  readonly stopAtEnd: boolean
  readonly readUncommitted: boolean
  readonly stop: AbortSignal
}

const MAX_WAIT_MS = 300
/** kafkajs's own default: a third of it may pass between heartbeats at most. */
const SESSION_TIMEOUT_MS = 30_000
const HEARTBEAT_WHILE_BLOCKED_MS = 3000

/**
 * Reads as a member of a group. What was handed to the output is committed, batch by batch; on the way out the member
 * leaves, so that the next one needn't wait for its session to expire.
 */
export async function readAsGroup(
  { kafka }: KafkaClient,
  writer: RecordWriter,
  options: GroupReadOptions,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId: options.group,
    maxWaitTimeInMs: MAX_WAIT_MS,
    sessionTimeout: SESSION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    readUncommitted: options.readUncommitted,
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.fromBeginning })
    const end = options.stopAtEnd ? EndDetector.on(consumer).reached : new AbortController().signal
    const stop = AbortSignal.any([options.stop, writer.enough, end])
    const crashed = crashOf(consumer)
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: (payload) => takeBatch(payload, writer, stop),
    })
    await Promise.race([abortOf(stop), crashed])
  } finally {
    await consumer.disconnect().catch(() => undefined)
  }
}

async function takeBatch(payload: EachBatchPayload, writer: RecordWriter, stop: AbortSignal): Promise<void> {
  const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload
  const { topic, partition } = batch
  if (stop.aborted || !isRunning() || isStale()) return
  let taken: string | undefined
  for (const message of batch.messages) {
    if (!writer.write({ topic, partition, ...logRecord(message) })) break
    taken = message.offset
  }
  if (!writer.flush()) await drainedWithHeartbeats(writer, heartbeat)
  if (taken !== undefined && !writer.output.closed.aborted) resolveOffset(taken)
}

function logRecord({ offset, timestamp, key, value, headers }: KafkaMessage): LogRecord {
  return {
    offset: Number(offset),
    timestamp: BigInt(timestamp),
    key,
    value,
    headers: Object.entries(headers ?? {}).flatMap(([name, given]) =>
      [given].flat().map((one) => ({ key: name, value: one === undefined ? null : Buffer.from(one) })),
    ),
  }
}

/** A pager may stop reading for minutes; the group must not take the member for dead meanwhile. */
async function drainedWithHeartbeats(writer: RecordWriter, heartbeat: () => Promise<void>): Promise<void> {
  const drained = new AbortController()
  void writer.output.drained().then(() => drained.abort())
  while (!drained.signal.aborted) {
    await waitMs(HEARTBEAT_WHILE_BLOCKED_MS, drained.signal)
    await heartbeat()
  }
}

/** Rejects when the consumer has given up for good. */
function crashOf(consumer: Consumer): Promise<never> {
  return new Promise((_, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    })
  })
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
