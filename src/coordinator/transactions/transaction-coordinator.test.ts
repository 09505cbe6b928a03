import { expect, test } from 'vitest'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { TransactionEnd } from '../coordinator-log.ts'
import { MemoryCoordinatorLog } from '../memory-coordinator-log.fixture.ts'
import type { ProducerIdentity, Transaction } from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'
import { transactionRecord } from './transaction-records.ts'

const kafkaDefaults: TransactionConfig = {
  maxTimeoutMs: 900_000,
  timeoutCheckIntervalMs: 10_000,
  idExpirationMs: 604_800_000,
  idExpirationCheckIntervalMs: 3_600_000,
  endingPatienceMs: 100,
  twoPhaseCommitEnable: false,
}

const silent = { enabled: () => false, debug() {}, info() {}, warn() {}, error() {} }
const orders = new Map([['orders', new Set([0, 1])]])

/** A coordinator of one partition; the partitions that take part in transactions are lists of markers. */
class Scenario {
  readonly clock = new VirtualClock()
  readonly log: MemoryCoordinatorLog
  readonly markers: string[] = []
  /** Thrown back by every partition, as long as it is set. */
  refusal: KafkaError | undefined
  nextProducerId = 100
  readonly coordinator: TransactionCoordinator

  constructor(log = new MemoryCoordinatorLog(), transactionVersion = 2) {
    this.log = log
    this.coordinator = new TransactionCoordinator({
      clock: this.clock,
      logger: silent,
      markers: { write: (...marker) => this.#write(...marker) },
      config: () => kafkaDefaults,
      transactionVersion: () => transactionVersion,
      partitionCount: () => 1,
      nextProducerId: async () => this.nextProducerId++,
    })
  }

  async lead(): Promise<void> {
    await this.coordinator.lead(0, this.log, 5)
  }

  /** Another coordinator takes over what this one has written. */
  async successor(entries = this.log.entries.length): Promise<Scenario> {
    const log = new MemoryCoordinatorLog()
    log.entries.push(...this.log.entries.slice(0, entries))
    const next = new Scenario(log)
    await next.lead()
    return next
  }

  init(expected?: ProducerIdentity): Promise<ProducerIdentity> {
    return this.coordinator.initProducer({ transactionalId: 'tx', timeoutMs: 60_000, expected })
  }

  add(identity: ProducerIdentity): Promise<string> {
    const request = { transactionalId: 'tx', ...identity, partitions: orders, transactionVersion: 2 }
    return new Promise((resolve) => {
      this.coordinator.addPartitions(request, (error) => resolve(error?.error ?? 'added'))
    })
  }

  end(identity: ProducerIdentity, committed: boolean): Promise<ProducerIdentity> {
    return this.coordinator.endTransaction({
      transactionalId: 'tx',
      ...identity,
      committed,
      transactionVersion: 2,
    })
  }

  async phase(): Promise<string> {
    return (await this.coordinator.describe('tx'))?.phase ?? 'unknown'
  }

  #write(end: TransactionEnd, topic: string, partition: number, done: (error?: KafkaError) => void): void {
    if (this.refusal === undefined)
      this.markers.push(
        `${topic}-${partition} ${end.committed ? 'commit' : 'abort'} ${end.producerId}/${end.producerEpoch} by ${end.coordinatorEpoch}`,
      )
    done(this.refusal)
  }
}

async function open(): Promise<{ scenario: Scenario; identity: ProducerIdentity }> {
  const scenario = new Scenario()
  await scenario.lead()
  const identity = await scenario.init()
  expect(await scenario.add(identity)).toBe('added')
  return { scenario, identity }
}

/** What a promise has come to after everything that needs no time. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'waiting'
  promise.then(
    () => {
      state = 'answered'
    },
    (error: unknown) => {
      state = error instanceof KafkaError ? error.error : String(error)
    },
  )
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  return state
}

function seeded(changes: Partial<Transaction>): MemoryCoordinatorLog {
  const log = new MemoryCoordinatorLog()
  const transaction: Transaction = {
    transactionalId: 'tx',
    producerId: 7,
    previousProducerId: 7,
    nextProducerId: -1,
    producerEpoch: 32_766,
    lastProducerEpoch: -1,
    timeoutMs: 1_000,
    phase: 'Ongoing',
    partitions: orders,
    startMs: 0,
    lastUpdateMs: 0,
    clientTransactionVersion: 2,
    ...changes,
  }
  log.append([transactionRecord(transaction, 2)], 0)
  return log
}

test('every partition hears the outcome before the client does', async () => {
  const { scenario, identity } = await open()
  expect(await scenario.end(identity, true)).toEqual({ producerId: 100, producerEpoch: 1 })
  expect(scenario.markers).toEqual(['orders-0 commit 100/1 by 5', 'orders-1 commit 100/1 by 5'])
  expect(await scenario.phase()).toBe('CompleteCommit')
})

test('nobody hears of an outcome that may still be lost', async () => {
  const { scenario, identity } = await open()
  scenario.log.holdCommits()
  const ended = scenario.end(identity, true)
  expect(await stateOf(ended)).toBe('waiting')
  expect(scenario.markers).toEqual([])
  scenario.log.commit()
  expect(await stateOf(ended)).toBe('answered')
  expect(scenario.markers).toHaveLength(2)
})

test('an outcome that is lost was never told, and the transaction is open again', async () => {
  const { scenario, identity } = await open()
  scenario.log.holdCommits()
  const ended = scenario.end(identity, true)
  ended.catch(() => undefined)
  scenario.log.lose(new KafkaError('KAFKA_STORAGE_ERROR'))
  expect(await stateOf(ended)).toBe('NOT_COORDINATOR')
  expect(scenario.markers).toEqual([])
  expect(await scenario.phase()).toBe('Ongoing')
  expect(await scenario.end(identity, false)).toEqual({ producerId: 100, producerEpoch: 1 })
})

test('an outcome that is certain is answered although a partition can not be told yet', async () => {
  const { scenario, identity } = await open()
  scenario.refusal = new KafkaError('NOT_LEADER_OR_FOLLOWER')
  expect(await scenario.end(identity, false)).toEqual({ producerId: 100, producerEpoch: 1 })
  expect(await scenario.phase()).toBe('PrepareAbort')
  scenario.refusal = undefined
  scenario.clock.advance(10)
  expect(scenario.markers).toHaveLength(2)
  expect(await scenario.phase()).toBe('CompleteAbort')
})

test('what comes while a transaction ends waits for that, but not for long', async () => {
  const { scenario, identity } = await open()
  scenario.refusal = new KafkaError('NOT_LEADER_OR_FOLLOWER')
  const next = await scenario.end(identity, true)
  const adding = scenario.add(next)
  const initialising = scenario.init()
  expect(await stateOf(adding)).toBe('waiting')
  expect(await stateOf(initialising)).toBe('waiting')
  scenario.clock.advance(100)
  expect(await adding).toBe('CONCURRENT_TRANSACTIONS')
  await expect(initialising).rejects.toThrow('CONCURRENT_TRANSACTIONS')
  const inTime = scenario.add(next)
  scenario.refusal = undefined
  scenario.clock.advance(60)
  expect(await inTime).toBe('added')
})

test('a partition that knows a later epoch does not keep the transaction open', async () => {
  const { scenario, identity } = await open()
  scenario.refusal = new KafkaError('INVALID_PRODUCER_EPOCH')
  await scenario.end(identity, true)
  expect(await scenario.phase()).toBe('CompleteCommit')
})

test('InitProducerId ends what is open and is answered when that is over', async () => {
  const { scenario, identity } = await open()
  expect(await scenario.init()).toEqual({ producerId: 100, producerEpoch: 2 })
  expect(scenario.markers).toEqual(['orders-0 abort 100/1 by 5', 'orders-1 abort 100/1 by 5'])
  await expect(scenario.end(identity, true)).rejects.toThrow('PRODUCER_FENCED')
})

test('a transactional id whose epochs are used up gets another producer id with its next transaction', async () => {
  const scenario = new Scenario(seeded({}))
  await scenario.lead()
  const last = { producerId: 7, producerEpoch: 32_766 }
  expect(await scenario.end(last, true)).toEqual({ producerId: 100, producerEpoch: 0 })
  expect(scenario.markers[0]).toBe('orders-0 commit 7/32767 by 5')
  expect(await scenario.end(last, true)).toEqual({ producerId: 100, producerEpoch: 0 })
  expect(await scenario.add({ producerId: 100, producerEpoch: 0 })).toBe('added')
})

test('a transaction that takes too long is aborted, also when its epochs are used up', async () => {
  const scenario = new Scenario(seeded({ startMs: new VirtualClock().nowMs() }))
  await scenario.lead()
  scenario.clock.advance(10_000)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  expect(scenario.markers[0]).toBe('orders-0 abort 7/32767 by 5')
  expect(await scenario.coordinator.describe('tx')).toMatchObject({
    phase: 'CompleteAbort',
    producerId: 100,
    producerEpoch: 0,
  })
})

test('whoever takes over after any record ends what was decided, in the same way', async () => {
  const { scenario, identity } = await open()
  const second = await scenario.end(identity, true)
  await scenario.add(second)
  await scenario.end(second, false)
  // Empty, Ongoing, PrepareCommit, CompleteCommit, Ongoing, PrepareAbort, CompleteAbort.
  expect(scenario.log.entries).toHaveLength(7)
  const expected: readonly [string, number][] = [
    ['unknown', 0],
    ['Empty', 0],
    ['Ongoing', 0],
    ['CompleteCommit', 2],
    ['CompleteCommit', 0],
    ['Ongoing', 0],
    ['CompleteAbort', 2],
    ['CompleteAbort', 0],
  ]
  for (const [entries, [phase, markers]] of expected.entries()) {
    const successor = await scenario.successor(entries)
    expect(await successor.phase(), `after ${entries} records`).toBe(phase)
    expect(successor.markers, `after ${entries} records`).toHaveLength(markers)
    for (const marker of successor.markers) expect(scenario.markers).toContain(marker)
  }
})

test('requests for ids that are coordinated elsewhere are sent there', async () => {
  const { scenario, identity } = await open()
  scenario.coordinator.resign(0)
  await expect(scenario.init()).rejects.toThrow('NOT_COORDINATOR')
  await expect(scenario.end(identity, true)).rejects.toThrow('NOT_COORDINATOR')
  expect(await scenario.add(identity)).toBe('NOT_COORDINATOR')
})
