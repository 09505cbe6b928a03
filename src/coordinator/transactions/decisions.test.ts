import { describe, expect, test } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { type AddPartitions, addPartitions, verifiedPartitions } from './add-partitions.ts'
import { complete, endTransaction, fence } from './end-transaction.ts'
import { initProducer } from './init-producer.ts'
import type { Step, Transaction, TransactionPhase } from './transaction.ts'
import { parseTransactionRecord, transactionRecord, transactionTombstone } from './transaction-records.ts'

const NOW_MS = 5_000
const orders = new Map([['orders', new Set([0])]])
const both = new Map([['orders', new Set([0, 1])]])
const phases: readonly TransactionPhase[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
]

/** The producer 7 in epoch 3. */
function transaction(phase: TransactionPhase, changes: Partial<Transaction> = {}): Transaction {
  const hasPartitions = phase === 'Ongoing' || phase.startsWith('Prepare')
  return {
    transactionalId: 'tx',
    producerId: 7,
    previousProducerId: 7,
    nextProducerId: -1,
    producerEpoch: 3,
    lastProducerEpoch: -1,
    timeoutMs: 1_000,
    phase,
    partitions: hasPartitions ? orders : new Map(),
    startMs: phase === 'Empty' ? -1 : 4_000,
    lastUpdateMs: 4_500,
    clientTransactionVersion: 0,
    ...changes,
  }
}

/** What a decision comes to, in a word: the error, `same`, or the next phase with id and epoch. */
function outcome(decide: () => Step | Transaction | undefined): string {
  try {
    const step = decide()
    if (step === undefined) return 'same'
    if (step === 'needs producer id') return step
    const next = 'next' in step ? step.next : step
    return next === undefined ? 'same' : `${next.phase} ${next.producerId}/${next.producerEpoch}`
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
}

/** The outcomes of a request in every phase, and for an id that nobody knows. */
function inEveryPhase(decide: (current: Transaction | undefined) => Step | Transaction | undefined) {
  const rows = phases.map((phase) => [phase, outcome(() => decide(transaction(phase)))])
  return Object.fromEntries([...rows, ['unknown', outcome(() => decide(undefined))]])
}

const member = { transactionalId: 'tx', producerId: 7, producerEpoch: 3 }

function adding(changes: Partial<AddPartitions> = {}): AddPartitions {
  return { ...member, partitions: orders, transactionVersion: 0, ...changes }
}

describe('InitProducerId', () => {
  const request = { transactionalId: 'tx', timeoutMs: 2_000, expected: undefined }
  const initialising = (expected?: { producerId: number; producerEpoch: number }, fresh?: number) =>
    inEveryPhase((current) => initProducer(current, { ...request, expected }, fresh, NOW_MS))

  test('gives the next epoch, unless the transaction has to end first', () => {
    expect(initialising(undefined, 100)).toEqual({
      Empty: 'Empty 7/4',
      Ongoing: 'CONCURRENT_TRANSACTIONS',
      PrepareCommit: 'CONCURRENT_TRANSACTIONS',
      PrepareAbort: 'CONCURRENT_TRANSACTIONS',
      CompleteCommit: 'Empty 7/4',
      CompleteAbort: 'Empty 7/4',
      unknown: 'Empty 100/0',
    })
  })

  test('goes on for the producer that has the current epoch', () => {
    const rows = initialising({ producerId: 7, producerEpoch: 3 }, 100)
    expect(rows).toMatchObject({ Empty: 'Empty 7/4', CompleteCommit: 'Empty 7/4', unknown: 'Empty 100/0' })
  })

  test('is refused to a producer of an older epoch or of another id, once nothing has to end first', () => {
    for (const expected of [
      { producerId: 7, producerEpoch: 1 },
      { producerId: 8, producerEpoch: 3 },
    ])
      expect(initialising(expected, 100)).toMatchObject({
        Empty: 'PRODUCER_FENCED',
        PrepareCommit: 'CONCURRENT_TRANSACTIONS',
        CompleteCommit: 'PRODUCER_FENCED',
        CompleteAbort: 'PRODUCER_FENCED',
      })
  })

  test('asked for again after a lost answer, gives what it gave', () => {
    const first = initProducer(
      transaction('Empty'),
      { ...request, expected: { producerId: 7, producerEpoch: 3 } },
      undefined,
      NOW_MS,
    )
    if (first === 'needs producer id' || first.next === undefined) throw new Error('not decided')
    const again = { ...request, expected: { producerId: 7, producerEpoch: 3 } }
    expect(outcome(() => initProducer(first.next, again, undefined, NOW_MS))).toBe('Empty 7/4')
  })

  test('changes the producer id when its epochs are used up, and knows the retry of that', () => {
    const last = transaction('CompleteCommit', { producerEpoch: 32_766 })
    expect(outcome(() => initProducer(last, request, undefined, NOW_MS))).toBe('needs producer id')
    expect(outcome(() => initProducer(last, request, 100, NOW_MS))).toBe('Empty 100/0')
    const expected = { producerId: 7, producerEpoch: 32_766 }
    const rotated = initProducer(last, { ...request, expected }, 100, NOW_MS)
    if (rotated === 'needs producer id' || rotated.next === undefined) throw new Error('not decided')
    expect(rotated.next).toMatchObject({ previousProducerId: 7, lastProducerEpoch: 32_766 })
    expect(outcome(() => initProducer(rotated.next, { ...request, expected }, 101, NOW_MS))).toBe(
      'Empty 100/0',
    )
  })

  test('takes over the new timeout and forgets partitions and times', () => {
    const step = initProducer(transaction('CompleteAbort'), request, undefined, NOW_MS)
    expect(step).toMatchObject({ next: { timeoutMs: 2_000, startMs: -1, lastUpdateMs: NOW_MS } })
  })
})

describe('AddPartitionsToTxn', () => {
  const decide = (request: AddPartitions) =>
    inEveryPhase((current) => addPartitions(current, request, NOW_MS))

  test('begins a transaction, or adds to it', () => {
    expect(decide(adding({ partitions: both }))).toEqual({
      Empty: 'Ongoing 7/3',
      Ongoing: 'Ongoing 7/3',
      PrepareCommit: 'CONCURRENT_TRANSACTIONS',
      PrepareAbort: 'CONCURRENT_TRANSACTIONS',
      CompleteCommit: 'Ongoing 7/3',
      CompleteAbort: 'Ongoing 7/3',
      unknown: 'INVALID_PRODUCER_ID_MAPPING',
    })
    expect(decide(adding()).Ongoing).toBe('same')
  })

  test('keeps the start of a transaction that is open', () => {
    expect(addPartitions(transaction('Ongoing'), adding({ partitions: both }), NOW_MS)).toMatchObject({
      partitions: both,
      startMs: 4_000,
      lastUpdateMs: NOW_MS,
    })
    expect(addPartitions(transaction('CompleteCommit'), adding(), NOW_MS)?.startMs).toBe(NOW_MS)
  })

  test('is refused to another producer id or epoch, but only when no transaction is ending', () => {
    const wrong = { Empty: '', PrepareCommit: 'CONCURRENT_TRANSACTIONS', CompleteAbort: '' }
    expect(decide(adding({ producerId: 8 }))).toMatchObject({
      ...wrong,
      Empty: 'INVALID_PRODUCER_ID_MAPPING',
      CompleteAbort: 'INVALID_PRODUCER_ID_MAPPING',
    })
    for (const producerEpoch of [2, 4])
      expect(decide(adding({ producerEpoch }))).toMatchObject({
        ...wrong,
        Empty: 'PRODUCER_FENCED',
        CompleteAbort: 'PRODUCER_FENCED',
      })
  })

  test('when it only verifies, tells the partitions of the open transaction', () => {
    expect(verifiedPartitions(transaction('Ongoing'), member)).toEqual(orders)
    expect(verifiedPartitions(transaction('CompleteCommit'), member)).toEqual(new Map())
    expect(() => verifiedPartitions(transaction('PrepareAbort'), member)).toThrow('CONCURRENT_TRANSACTIONS')
    expect(() => verifiedPartitions(transaction('PrepareAbort'), { ...member, producerEpoch: 2 })).toThrow(
      'PRODUCER_FENCED',
    )
    expect(() => verifiedPartitions(undefined, member)).toThrow('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('EndTxn', () => {
  const ending = (
    committed: boolean,
    transactionVersion: number,
    changes: Partial<typeof member> = {},
    fresh?: number,
  ) =>
    inEveryPhase((current) =>
      endTransaction(current, { ...member, ...changes, committed, transactionVersion }, fresh, NOW_MS),
    )
  const busy = { PrepareCommit: 'CONCURRENT_TRANSACTIONS', PrepareAbort: 'CONCURRENT_TRANSACTIONS' }
  const unknown = 'INVALID_PRODUCER_ID_MAPPING'

  test('in the same epoch: ends what is open, and is content with what has ended so', () => {
    expect(ending(true, 0)).toEqual({
      Empty: 'INVALID_TXN_STATE',
      Ongoing: 'PrepareCommit 7/3',
      ...busy,
      CompleteCommit: 'same',
      CompleteAbort: 'INVALID_TXN_STATE',
      unknown,
    })
    expect(ending(false, 0)).toEqual({
      Empty: 'INVALID_TXN_STATE',
      Ongoing: 'PrepareAbort 7/3',
      ...busy,
      CompleteCommit: 'INVALID_TXN_STATE',
      CompleteAbort: 'same',
      unknown,
    })
  })

  test('in the same epoch: another id or epoch is refused in every phase', () => {
    for (const [phase, found] of Object.entries(ending(true, 0, { producerEpoch: 2 })))
      expect(found, phase).toBe(phase === 'unknown' ? unknown : 'PRODUCER_FENCED')
    for (const [phase, found] of Object.entries(ending(false, 0, { producerId: 8 })))
      expect(found, phase).toBe(unknown)
  })

  test('with a new epoch: the current epoch ends what is open; an abort is fine without anything open', () => {
    expect(ending(true, 2)).toEqual({
      Empty: 'INVALID_TXN_STATE',
      Ongoing: 'PrepareCommit 7/4',
      ...busy,
      CompleteCommit: 'INVALID_TXN_STATE',
      CompleteAbort: 'INVALID_TXN_STATE',
      unknown,
    })
    expect(ending(false, 2)).toEqual({
      Empty: 'PrepareAbort 7/4',
      Ongoing: 'PrepareAbort 7/4',
      ...busy,
      CompleteCommit: 'PrepareAbort 7/4',
      CompleteAbort: 'PrepareAbort 7/4',
      unknown,
    })
  })

  test('with a new epoch: the epoch before is a retry, which must ask for the same', () => {
    expect(ending(true, 2, { producerEpoch: 2 })).toEqual({
      Empty: 'PRODUCER_FENCED',
      Ongoing: 'PRODUCER_FENCED',
      ...busy,
      CompleteCommit: 'same',
      CompleteAbort: 'INVALID_TXN_STATE',
      unknown,
    })
    expect(ending(false, 2, { producerEpoch: 2 })).toMatchObject({
      Empty: 'PRODUCER_FENCED',
      CompleteCommit: 'INVALID_TXN_STATE',
      CompleteAbort: 'same',
    })
    expect(ending(true, 2, { producerEpoch: 1 })).toMatchObject({ CompleteCommit: 'PRODUCER_FENCED' })
    expect(ending(true, 2, { producerEpoch: 4 })).toMatchObject({ CompleteCommit: 'PRODUCER_FENCED' })
  })

  test('the last epoch gives way to a new producer id, and the retry of that is known', () => {
    const last = transaction('Ongoing', { producerEpoch: 32_766 })
    const request = { ...member, producerEpoch: 32_766, committed: true, transactionVersion: 2 }
    expect(outcome(() => endTransaction(last, request, undefined, NOW_MS))).toBe('needs producer id')
    const step = endTransaction(last, request, 100, NOW_MS)
    if (step === 'needs producer id' || step.next === undefined) throw new Error('not decided')
    expect(step.next).toMatchObject({ producerId: 7, producerEpoch: 32_767, nextProducerId: 100 })
    const done = complete(step.next, NOW_MS)
    expect(done).toMatchObject({
      producerId: 100,
      producerEpoch: 0,
      previousProducerId: 7,
      nextProducerId: -1,
    })
    expect(outcome(() => endTransaction(done, request, 101, NOW_MS))).toBe('same')
    expect(outcome(() => endTransaction(done, { ...request, committed: false }, 101, NOW_MS))).toBe(
      'INVALID_TXN_STATE',
    )
  })
})

describe('an open transaction that is aborted by the coordinator', () => {
  test('has its epoch raised, whatever the version', () => {
    for (const version of [0, 2]) {
      const step = fence(transaction('Ongoing'), version, undefined, NOW_MS)
      expect(outcome(() => step)).toBe('PrepareAbort 7/4')
    }
  })

  test('takes the epoch that is kept back for that, and with it a new producer id where it can', () => {
    const last = transaction('Ongoing', { producerEpoch: 32_766 })
    expect(outcome(() => fence(last, 0, undefined, NOW_MS))).toBe('PrepareAbort 7/32767')
    expect(outcome(() => fence(last, 2, undefined, NOW_MS))).toBe('needs producer id')
    expect(fence(last, 2, 100, NOW_MS)).toMatchObject({
      next: { producerEpoch: 32_767, nextProducerId: 100 },
    })
  })
})

test('a transaction is complete when it has no partitions left, and knows how it ended', () => {
  for (const [prepared, completed] of [
    ['PrepareCommit', 'CompleteCommit'],
    ['PrepareAbort', 'CompleteAbort'],
  ] as const)
    expect(complete(transaction(prepared), NOW_MS)).toMatchObject({
      phase: completed,
      producerId: 7,
      producerEpoch: 3,
      partitions: new Map(),
      startMs: 4_000,
      lastUpdateMs: NOW_MS,
    })
})

describe('the record of a transaction', () => {
  test('says all but the last epoch, in the flexible version', () => {
    for (const phase of phases) {
      const written = transaction(phase, {
        previousProducerId: 6,
        nextProducerId: 8,
        clientTransactionVersion: 2,
      })
      const { transaction: read } = parseTransactionRecord(transactionRecord(written, 2))
      expect(read).toEqual(written)
    }
  })

  test('knows nothing of KIP-890 in the oldest version', () => {
    const written = transaction('Ongoing', { previousProducerId: 6, nextProducerId: 8 })
    const { transaction: read } = parseTransactionRecord(transactionRecord(written, 0))
    expect(read).toEqual({ ...written, previousProducerId: -1, nextProducerId: -1 })
  })

  test('forgets the id without a value', () => {
    expect(parseTransactionRecord(transactionTombstone('tx'))).toEqual({
      transactionalId: 'tx',
      transaction: undefined,
    })
  })
})
