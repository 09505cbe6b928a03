import { describe, inject } from 'vitest'

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
