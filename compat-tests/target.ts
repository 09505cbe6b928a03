import { describe, inject, vi } from 'vitest'

/** The broker that all files of this run share (see `brokers/shared.ts`). */
export const broker = inject('broker')

/** A suite that runs wherever the broker under test can. */
export const suite = describe.skipIf(broker.unavailable !== undefined)

let taken = 0

/** A name that no other test has used, whatever broker and however often it runs: for topics, groups, client ids. */
export function uniqueName(what: string): string {
  taken++
  return `${what}-${process.pid.toString(36)}-${Date.now().toString(36)}-${taken}`
}

/**
 * For what a cluster does a moment after it has answered (a topic's leader, a deletion, leadership after a restart).
 * Apache Kafka gets time for it; Odradek promises that it is done with the answer, hence it gets one try.
 */
export async function whenSettled<T>(ask: () => T | Promise<T>): Promise<T> {
  return broker.kind === 'odradek' ? await ask() : await vi.waitFor(ask, { timeout: 30_000, interval: 50 })
}
