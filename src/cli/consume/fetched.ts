import type { ShownRecord } from './record.ts'

/** What kafkajs's `broker.fetch` answers, in the versions from 4 on; its own types leave it open. */
export interface FetchAnswer {
  /** Milliseconds for which the broker wants no more requests; such an answer may be empty (KIP-219). */
  readonly clientSideThrottleTime?: number
  readonly responses: readonly {
    readonly topicName: string
    readonly partitions: readonly FetchedPartition[]
  }[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  /** Transactions that came to nothing, by the first offset of each, in that order. */
  readonly abortedTransactions:
    | readonly { readonly producerId: string; readonly firstOffset: string }[]
    | null
  readonly messages: readonly FetchedRecord[]
}

export interface FetchedRecord extends Omit<ShownRecord, 'topic' | 'partition'> {
  readonly isControlRecord?: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
}

/** The type of a control record stands in its key, after a version; 0 is an abort (apache/kafka, ControlRecordType.java). */
const CONTROL_TYPE_AT = 2
const ABORT = 0

/**
 * The records that a reader of committed data may see: no transaction markers, and nothing of an aborted transaction,
 * which lasts from its first offset to its producer's abort marker. A list of `null` means that all may be seen.
 */
export function visibleRecords(fetched: FetchedPartition): FetchedRecord[] {
  const aborted = [...(fetched.abortedTransactions ?? [])]
  const aborting = new Set<string>()
  return fetched.messages.filter((record) => {
    while (aborted[0] !== undefined && Number(aborted[0].firstOffset) <= Number(record.offset)) {
      aborting.add(aborted[0].producerId)
      aborted.shift()
    }
    const producerId = record.batchContext?.producerId ?? ''
    if (record.isControlRecord === true) {
      if (isAbort(record)) aborting.delete(producerId)
      return false
    }
    return record.batchContext?.inTransaction !== true || !aborting.has(producerId)
  })
}

function isAbort({ key }: FetchedRecord): boolean {
  return key !== null && key.length >= CONTROL_TYPE_AT + 2 && key.readInt16BE(CONTROL_TYPE_AT) === ABORT
}
