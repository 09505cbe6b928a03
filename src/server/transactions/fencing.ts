import type { ErrorName, KafkaError } from '../../wire/errors.ts'

/** Clients from before PRODUCER_FENCED know only the error that Produce gives for a stale epoch (KIP-588). */
export function knownFencing({ error }: KafkaError, apiVersion: number, firstToKnow: number): ErrorName {
  return error === 'PRODUCER_FENCED' && apiVersion < firstToKnow ? 'INVALID_PRODUCER_EPOCH' : error
}
