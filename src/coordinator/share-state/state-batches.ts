/** What became of records that were delivered. The numbers are those of `__share_group_state` (KIP-932, KIP-1191). */
export const deliveryStates = { AVAILABLE: 0, ACKNOWLEDGED: 2, ARCHIVING: 3, ARCHIVED: 4 } as const

/** Neighbouring offsets of a share partition with the same fate. */
export interface StateBatch {
  readonly firstOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  /** One of `deliveryStates`. */
  readonly deliveryState: number
  readonly deliveryCount: number
}

/**
 * One list out of two, sorted and without overlaps, from `startOffset` on. Where both know an offset, the later
 * delivery counts: the higher delivery count, and with equal counts the higher state. Neighbours alike become one.
 * Source: apache/kafka `PersisterStateBatchCombiner`.
 */
export function combineStateBatches(
  current: readonly StateBatch[],
  added: readonly StateBatch[],
  startOffset: number,
): readonly StateBatch[] {
  const before = disjoint(current)
  const news = disjoint(added.filter(({ firstOffset, lastOffset }) => firstOffset <= lastOffset))
  return before.length === 0 && news.length === 0 ? [] : merge(before, news, startOffset)
}

/** Sorted and without overlaps; the same list if it is so already. */
function disjoint(batches: readonly StateBatch[]): readonly StateBatch[] {
  const isDisjoint = batches.every(
    ({ firstOffset }, index) => index === 0 || firstOffset > (batches[index - 1]?.lastOffset ?? -1),
  )
  if (isDisjoint) return batches
  let result: readonly StateBatch[] = []
  for (const batch of batches) result = merge(result, [batch], Number.NEGATIVE_INFINITY)
  return result
}

function merge(
  left: readonly StateBatch[],
  right: readonly StateBatch[],
  startOffset: number,
): readonly StateBatch[] {
  const merged = new Joined(startOffset)
  let leftAt = 0
  let rightAt = 0
  let a = left[leftAt]
  let b = right[rightAt]
  while (a !== undefined || b !== undefined) {
    if (a !== undefined && (b === undefined || a.firstOffset <= b.firstOffset)) {
      // What of `a` lies before `b` stands; the rest is compared when both begin at the same offset.
      const end = b === undefined ? a.lastOffset : Math.min(a.lastOffset, b.firstOffset - 1)
      if (b !== undefined && a.firstOffset === b.firstOffset) {
        const both = Math.min(a.lastOffset, b.lastOffset)
        merged.add(isLater(b, a) ? b : a, a.firstOffset, both)
        a = a.lastOffset === both ? left[++leftAt] : { ...a, firstOffset: both + 1 }
        b = b.lastOffset === both ? right[++rightAt] : { ...b, firstOffset: both + 1 }
      } else {
        merged.add(a, a.firstOffset, end)
        a = a.lastOffset === end ? left[++leftAt] : { ...a, firstOffset: end + 1 }
      }
    } else if (b !== undefined) {
      const end = a === undefined ? b.lastOffset : Math.min(b.lastOffset, a.firstOffset - 1)
      merged.add(b, b.firstOffset, end)
      b = b.lastOffset === end ? right[++rightAt] : { ...b, firstOffset: end + 1 }
    }
  }
  return merged.batches
}

function isLater(one: StateBatch, other: StateBatch): boolean {
  return one.deliveryCount === other.deliveryCount
    ? one.deliveryState > other.deliveryState
    : one.deliveryCount > other.deliveryCount
}

/** Collects batches in order, and makes one of neighbours that are alike. */
class Joined {
  readonly batches: StateBatch[] = []
  readonly #startOffset: number

  constructor(startOffset: number) {
    this.#startOffset = startOffset
  }

  add({ deliveryState, deliveryCount }: StateBatch, from: number, lastOffset: number): void {
    const firstOffset = Math.max(from, this.#startOffset)
    if (firstOffset > lastOffset) return
    const last = this.batches.at(-1)
    const joins =
      last !== undefined &&
      last.lastOffset + 1 === firstOffset &&
      last.deliveryState === deliveryState &&
      last.deliveryCount === deliveryCount
    if (joins) this.batches.pop()
    this.batches.push({
      firstOffset: joins ? last.firstOffset : firstOffset,
      lastOffset,
      deliveryState,
      deliveryCount,
    })
  }
}
