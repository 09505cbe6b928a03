/** How many records go out at a time of those that are free again. */
import type { AcquireRequest, DeliveryLimits, ReadRun } from './in-flight-records.ts'
import { type Span, sizeOf } from './span.ts'

/**
 * From this delivery count on records are delivered apart from others; where only two deliveries are allowed, never.
 * Source: apache/kafka `SharePartition.throttleRecordsDeliveryLimit`.
 */
export function suspectFrom({ maxDeliveries }: DeliveryLimits): number {
  return Math.max(2, Math.ceil(maxDeliveries / 2))
}

/** Half as many as the log's batch has, then a quarter; the last delivery is one of a single record. */
export function suspectUntil(each: Span, limits: DeliveryLimits, runs: readonly ReadRun[]): number {
  const run = runs.find(({ lastOffset }) => lastOffset >= each.firstOffset)
  const size = run === undefined ? sizeOf(each) : run.lastOffset - run.firstOffset + 1
  const halvings = each.deliveryCount - suspectFrom(limits) + 1
  const isLast = each.deliveryCount + 1 >= limits.maxDeliveries
  return each.firstOffset + (isLast ? 1 : Math.max(1, Math.floor(size / 2 ** halvings))) - 1
}

/** How much of a free span goes out as one batch. */
export function wholeUntil(
  each: Span,
  { runs, isExact, batchSize }: AcquireRequest,
  remaining: number,
): number {
  const wanted = each.firstOffset + remaining - 1
  if (isExact) return Math.min(wanted, each.lastOffset)
  const enough = Math.min(wanted, each.firstOffset + Math.max(batchSize, 1) - 1)
  const run = runs.find(({ lastOffset }) => lastOffset >= enough)
  return Math.min(run?.lastOffset ?? each.lastOffset, each.lastOffset)
}
