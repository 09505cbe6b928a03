import type { DeliveryLimits } from './in-flight-records.ts'
import { done, type Fate, free, type Span } from './span.ts'

export interface Acknowledgement {
  readonly firstOffset: number
  readonly lastOffset: number
  /** One for all records, or one for each. */
  readonly types: readonly number[]
}

/** What an acknowledgement says of a record (KIP-932, KIP-1222). */
export const acknowledgeTypes = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const

export function fateOf(type: number, { deliveryCount }: Span, limits: DeliveryLimits): Fate {
  if (type === acknowledgeTypes.ACCEPT) return done('acknowledged', deliveryCount)
  if (type === acknowledgeTypes.RELEASE && deliveryCount < limits.maxDeliveries) return free(deliveryCount)
  const isRecord = type !== acknowledgeTypes.GAP
  return done(isRecord && limits.hasDeadLetters ? 'archiving' : 'archived', deliveryCount)
}

/** Neighbouring offsets of which the same is said: type, first offset, last offset. */
export function sameTypes(
  firstOffset: number,
  lastOffset: number,
  types: readonly number[],
): (readonly [number, number, number])[] {
  const [only = acknowledgeTypes.GAP] = types
  if (types.length <= 1) return [[only, firstOffset, lastOffset]]
  const runs: [number, number, number][] = []
  for (const [index, type] of types.entries()) {
    const last = runs.at(-1)
    if (last !== undefined && last[0] === type) last[2] = firstOffset + index
    else runs.push([type, firstOffset + index, firstOffset + index])
  }
  return runs
}
