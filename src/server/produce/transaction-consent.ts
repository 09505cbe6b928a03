/**
 * The first batch of a transaction in a partition needs the coordinator's consent: or records would lie there that no
 * marker ever ends, and read_committed consumers would wait for good (KIP-890). From Produce v12 on the coordinator
 * adds the partition, for older clients it only tells whether they have added it.
 *
 * Source: apache/kafka `ReplicaManager.handleProduceAppend`, `AddPartitionsToTxnManager.java`,
 * `UnifiedLog.maybeStartTransactionVerification`.
 */
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import type { Partition } from '../../replication/partition.ts'
import type { produce } from '../../wire/apis/produce.ts'
import { type ErrorName, KafkaError } from '../../wire/errors.ts'
import {
  BATCH_HEADER_BYTES,
  isTransactional,
  readAttributes,
  readMagic,
  readProducerEpoch,
  readProducerId,
} from '../../wire/records/batch-header.ts'
import type { AcceptedBatch } from '../../wire/records/validation.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import { askConsent, consentError, needsConsent } from '../transactions/consent.ts'
import type { PartitionAnswer } from './partition-answer.ts'
import type { PendingProduce } from './pending-produce.ts'

const FIRST_TO_KNOW_ABORTABLE = 11
const FIRST_TO_ADD_PARTITIONS = 12
const ACKS_NONE = 0

/** An accepted batch and where it belongs: in the log and in the answer. */
export interface PlacedBatch {
  readonly partition: Partition
  readonly batch: AcceptedBatch
  readonly acks: number
  readonly answer: PartitionAnswer
  readonly pending: PendingProduce
  readonly slot: number
  readonly nowMs: number
}

export interface ConsentParts {
  readonly transactions: Pick<TransactionCoordinator, 'addPartitions' | 'verify'>
  /** transaction.partition.verification.enable */
  readonly verifyPartitions: () => boolean
}

/** The batches of one Produce request that need consent, and the one question for all of them. */
export class TransactionConsent {
  readonly #waiting: PlacedBatch[] = []

  constructor(
    private readonly transactionalId: string | null,
    private readonly apiVersion: number,
    private readonly parts: ConsentParts,
  ) {}

  /** Whether a batch of a transaction is the first one in its partition. */
  isNeeded(partition: Partition, batch: AcceptedBatch): boolean {
    return needsConsent(partition, batch, this.#adds, this.parts.verifyPartitions)
  }

  /** Keeps a batch back until there is consent; its answer waits. */
  later(place: PlacedBatch): void {
    if (place.acks !== ACKS_NONE) place.pending.expect(place.slot)
    this.#waiting.push({ ...place, batch: outliving(place.batch) })
  }

  /** Asks for all that were kept back, and appends or refuses them then, in their order. */
  ask(append: (place: PlacedBatch) => void): void {
    const first = this.#waiting[0]
    if (first === undefined || this.transactionalId === null) return
    const { producerId, producerEpoch } = first.batch
    const member = { transactionalId: this.transactionalId, producerId, producerEpoch }
    askConsent(this.parts.transactions, member, this.#partitions(), this.#adds, (refusalOf) => {
      for (const place of this.#waiting) {
        const { topic, index } = place.partition
        const refusal = refusalOf(topic, index) ?? (this.#adds ? sequenceError(place) : undefined)
        if (refusal === undefined) append(place)
        else this.#refuse(place, refusal)
      }
    })
  }

  get #adds(): boolean {
    return this.apiVersion >= FIRST_TO_ADD_PARTITIONS
  }

  #partitions(): Map<string, Set<number>> {
    const partitions = new Map<string, Set<number>>()
    for (const { partition } of this.#waiting) {
      const indexes = partitions.get(partition.topic)
      if (indexes === undefined) partitions.set(partition.topic, new Set([partition.index]))
      else indexes.add(partition.index)
    }
    return partitions
  }

  #refuse({ pending, slot }: PlacedBatch, error: KafkaError): void {
    pending.failed(slot, producerError(error, this.apiVersion))
  }
}

/**
 * A request's memory is used again once a batch that is most of it has been appended and has left the tail cache: what
 * else came in it can't stay there.
 */
function outliving(batch: AcceptedBatch): AcceptedBatch {
  const { bytes } = batch
  return bytes.length * 2 >= bytes.buffer.byteLength ? batch : { ...batch, bytes: Buffer.from(bytes) }
}

/** Records of several producers can't be one transaction: INVALID_PRODUCER_ID_MAPPING for the whole request. */
export function requireOneTransaction({ transactionalId, topicData }: RequestOf<typeof produce>): void {
  if (transactionalId === null) return
  let known: { producerId: number; producerEpoch: number } | undefined
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records.length < BATCH_HEADER_BYTES || readMagic(records, 0) !== 2) continue
      if (!isTransactional(readAttributes(records, 0))) continue
      const producer = {
        producerId: readProducerId(records, 0),
        producerEpoch: readProducerEpoch(records, 0),
      }
      known ??= producer
      if (known.producerId !== producer.producerId || known.producerEpoch !== producer.producerEpoch)
        throw new KafkaError(
          'INVALID_PRODUCER_ID_MAPPING',
          'Transactional records contained more than one producer ID',
        )
    }
  }
}

const unverifiable: ReadonlySet<ErrorName> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
])

/**
 * What a producer hears when the coordinator doesn't agree. Old clients only try again what they take for trouble with
 * replicas.
 */
function producerError(refusal: KafkaError, apiVersion: number): KafkaError {
  const error = consentError(refusal, apiVersion >= FIRST_TO_KNOW_ABORTABLE)
  const isTooNew = error.error === 'CONCURRENT_TRANSACTIONS' && apiVersion < FIRST_TO_ADD_PARTITIONS
  if (!isTooNew && !unverifiable.has(error.error)) return error
  return new KafkaError(
    'NOT_ENOUGH_REPLICAS',
    `Unable to verify the partition has been added to the transaction. Underlying error: ${error.error}`,
  )
}

/** A producer whose epoch is its transaction's begins every partition at sequence 0. */
function sequenceError({ partition, batch }: PlacedBatch): KafkaError | undefined {
  const known = partition.log.producers.get(batch.producerId)
  if (batch.baseSequence === 0 || known?.lastBatch !== undefined) return undefined
  return new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Producer ${batch.producerId} begins at sequence ${batch.baseSequence} in ${partition.topic}-${partition.index}`,
  )
}
