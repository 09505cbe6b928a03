/** Steps of transactions as short as their tests want them. */
import { expect } from 'vitest'
import { addOffsetsToTxn } from '../../src/wire/apis/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.ts'
import { describeTransactions } from '../../src/wire/apis/describe-transactions.ts'
import { endTxn } from '../../src/wire/apis/end-txn.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { initProducerId } from '../../src/wire/apis/init-producer-id.ts'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.ts'
import { txnOffsetCommit } from '../../src/wire/apis/txn-offset-commit.ts'
import { errorName } from '../../src/wire/errors.ts'
import {
  isControl,
  isTransactional,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readProducerEpoch,
  readProducerId,
} from '../../src/wire/records/batch-header.ts'
import { readMarker } from '../../src/wire/records/control-record.ts'
import { recordsOf } from '../../src/wire/records/record-iteration.ts'
import { type TestBroker, uniqueName } from './broker.ts'
import { batch, fetched, produced, type Topic } from './requests.ts'

/** A group whose coordinator is there. */
export async function newGroup(broker: TestBroker): Promise<string> {
  const groupId = uniqueName('group')
  await coordinated(broker, groupId, 0)
  return groupId
}

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface Member extends Identity {
  readonly transactionalId: string
}

/** What a client takes as "come again". */
const comeAgain = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
])

/** Waits for the coordinator: Kafka makes its topic when it is asked for the first time, and reads it then. */
export async function coordinated(broker: TestBroker, key: string, keyType = 1): Promise<void> {
  await broker.eventually(async () => {
    const found = await broker.ask(findCoordinator, 3, {
      key,
      keyType,
      coordinatorKeys: [],
    })
    expect(errorName(found.errorCode)).toBe('NONE')
  })
}

export async function initOnce(
  broker: TestBroker,
  transactionalId: string,
  options: { version?: number; timeoutMs?: number; expected?: Identity } = {},
): Promise<Identity & { error: string }> {
  const { version = 5, timeoutMs = 60_000, expected = { producerId: -1, producerEpoch: -1 } } = options
  const answer = await broker.ask(initProducerId, version, {
    transactionalId,
    transactionTimeoutMs: timeoutMs,
    producerId: expected.producerId,
    producerEpoch: expected.producerEpoch,
    enable2Pc: false,
    keepPreparedTxn: false,
  })
  const { producerId, producerEpoch } = answer
  return { producerId, producerEpoch, error: errorName(answer.errorCode) }
}

/** As clients do it: again and again while the coordinator is busy. */
export async function init(
  broker: TestBroker,
  transactionalId = uniqueName('tx'),
  options: Parameters<typeof initOnce>[2] = {},
): Promise<Member> {
  await coordinated(broker, transactionalId)
  const { producerId, producerEpoch } = await broker.eventually(async () => {
    const answer = await initOnce(broker, transactionalId, options)
    expect(answer.error).toBe('NONE')
    return answer
  })
  return { transactionalId, producerId, producerEpoch }
}

/** The error that is left once the coordinator isn't busy any more. */
async function settled(broker: TestBroker, ask: () => Promise<string>): Promise<string> {
  return await broker.eventually(async () => {
    const error = await ask()
    expect(comeAgain.has(error), error).toBe(false)
    return error
  })
}

export async function add(
  broker: TestBroker,
  { transactionalId, producerId, producerEpoch }: Member,
  topics: readonly { name: string; partitions?: readonly number[] }[],
  version = 3,
): Promise<string[]> {
  const ask = async () => {
    const answer = await broker.ask(addPartitionsToTxn, version, {
      transactions: [],
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: topics.map(({ name, partitions = [0] }) => ({ name, partitions: [...partitions] })),
    })
    return answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode)),
    )
  }
  return await broker.eventually(async () => {
    const errors = await ask()
    expect(
      errors.some((error) => comeAgain.has(error)),
      errors.join(),
    ).toBe(false)
    return errors
  })
}

/** AddPartitionsToTxn as brokers ask each other (v4+). */
export async function addBatched(
  broker: TestBroker,
  members: readonly (Member & { topics: readonly Topic[]; verifyOnly?: boolean })[],
  version = 5,
): Promise<string[][]> {
  const answer = await broker.ask(addPartitionsToTxn, version, {
    transactions: members.map(({ topics, verifyOnly = false, ...member }) => ({
      ...member,
      verifyOnly,
      topics: topics.map(({ name }) => ({ name, partitions: [0] })),
    })),
    v3AndBelowTransactionalId: '',
    v3AndBelowProducerId: 0,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [],
  })
  expect(errorName(answer.errorCode)).toBe('NONE')
  const results = new Map(
    answer.resultsByTransaction.map((each) => [each.transactionalId, each.topicResults]),
  )
  return members.map(({ transactionalId }) =>
    (results.get(transactionalId) ?? []).flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode)),
    ),
  )
}

export async function endOnce(
  broker: TestBroker,
  { transactionalId, producerId, producerEpoch }: Member,
  committed: boolean,
  version = 4,
): Promise<Identity & { error: string }> {
  const answer = await broker.ask(endTxn, version, { transactionalId, producerId, producerEpoch, committed })
  return {
    error: errorName(answer.errorCode),
    producerId: answer.producerId,
    producerEpoch: answer.producerEpoch,
  }
}

export async function end(
  broker: TestBroker,
  member: Member,
  committed: boolean,
  version = 4,
): Promise<Identity & { error: string }> {
  let answer = await endOnce(broker, member, committed, version)
  await settled(broker, async () => {
    if (comeAgain.has(answer.error)) answer = await endOnce(broker, member, committed, version)
    return answer.error
  })
  return answer
}

/** Writes one record of a transaction; tells the error. */
export async function write(
  broker: TestBroker,
  member: Member,
  topic: Topic,
  value: string,
  options: { sequence?: number; version?: number; transactional?: boolean } = {},
): Promise<string> {
  const { sequence = 0, version = 9, transactional = true } = options
  const { transactionalId, producerId, producerEpoch } = member
  const records = () =>
    batch(broker, [value], { producerId, producerEpoch, baseSequence: sequence, transactional })
  const busy = new Set([...comeAgain, 'NOT_ENOUGH_REPLICAS'])
  return await broker.eventually(async () => {
    const { error } = await produced(broker, topic, records(), { version, transactionalId })
    expect(busy.has(error), error).toBe(false)
    return error
  })
}

export async function addOffsets(
  broker: TestBroker,
  member: Member,
  groupId: string,
  version = 3,
): Promise<string> {
  return await settled(broker, async () =>
    errorName((await broker.ask(addOffsetsToTxn, version, { ...member, groupId })).errorCode),
  )
}

export async function commitOffset(
  broker: TestBroker,
  member: Member,
  groupId: string,
  topic: Topic,
  committedOffset: number,
  options: { version?: number; generationId?: number; memberId?: string; partition?: number } = {},
): Promise<string> {
  const { version = 3, generationId = -1, memberId = '', partition = 0 } = options
  return await settled(broker, async () => {
    const answer = await broker.ask(txnOffsetCommit, version, {
      ...member,
      groupId,
      generationIdOrMemberEpoch: generationId,
      memberId,
      groupInstanceId: null,
      topics: [
        {
          name: topic.name,
          topicId: topic.id,
          partitions: [{ partitionIndex: partition, committedOffset, committedMetadata: 'm' }],
        },
      ],
    })
    return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1)
  })
}

export async function fetchOffset(
  broker: TestBroker,
  groupId: string,
  topic: Topic,
  requireStable: boolean,
): Promise<number | string> {
  const answer = await broker.ask(offsetFetch, 7, {
    groupId,
    topics: [{ name: topic.name, partitionIndexes: [0] }],
    groups: [],
    requireStable,
  })
  const found = answer.topics[0]?.partitions[0]
  return found?.errorCode === 0 ? found.committedOffset : errorName(found?.errorCode ?? -1)
}

export async function described(broker: TestBroker, transactionalId: string) {
  const answer = await broker.ask(describeTransactions, 0, { transactionalIds: [transactionalId] })
  const found = answer.transactionStates[0]
  if (found === undefined) throw new Error('DescribeTransactions was answered without the id')
  return { ...found, error: errorName(found.errorCode) }
}

/** The values that a consumer hands to its application: without markers, and without what was aborted. */
export async function readCommitted(broker: TestBroker, topic: Topic, partition = 0): Promise<string[]> {
  const { records, abortedTransactions } = await fetched(broker, topic, { isolationLevel: 1, partition })
  const starts = [...(abortedTransactions ?? [])].sort((one, other) => one.firstOffset - other.firstOffset)
  const aborting = new Set<number>()
  const values: string[] = []
  for (let at = 0; records !== null && at < records.length; at += readBatchSizeBytes(records, at)) {
    const producerId = readProducerId(records, at)
    while (starts[0] !== undefined && starts[0].firstOffset <= readLastOffset(records, at))
      aborting.add(starts.shift()?.producerId ?? -1)
    if (isControl(readAttributes(records, at))) {
      if (readMarker(records, at)?.type === 'ABORT') aborting.delete(producerId)
    } else if (!aborting.has(producerId) || !isTransactional(readAttributes(records, at))) {
      for (const { value } of recordsOf(records, at)) values.push(value?.toString() ?? 'null')
    }
  }
  return values
}

/** The markers in a partition, by offset. */
export async function markersIn(broker: TestBroker, topic: Topic): Promise<string[]> {
  const { records } = await fetched(broker, topic)
  const found: string[] = []
  for (let at = 0; records !== null && at < records.length; at += readBatchSizeBytes(records, at)) {
    if (!isControl(readAttributes(records, at))) continue
    found.push(
      `${readBaseOffset(records, at)} ${readMarker(records, at)?.type} of epoch ${readProducerEpoch(records, at)}`,
    )
  }
  return found
}

/** A transaction in the old way: its partition is added first. */
export async function begun(broker: TestBroker, topic: Topic, value = 'x'): Promise<Member> {
  const member = await init(broker)
  expect(await add(broker, member, [topic])).toEqual(['NONE'])
  expect(await write(broker, member, topic, value)).toBe('NONE')
  return member
}
