import type { LogConfig } from '../log-config.ts'
import type { Segment } from '../segment.ts'

/** Offsets are kept relative to a segment's first, as int32. */
const MAX_RELATIVE = 0x7fff_ffff

/**
 * Divides segments into rows that together are no larger than one may be, each to become one segment: or they would only
 * ever shrink.
 *
 * Source: apache/kafka `Cleaner.java` (groupSegmentsBySize).
 */
export function groupSegments(segments: readonly Segment[], config: LogConfig): Segment[][] {
  const groups: Segment[][] = []
  let group: Segment[] = []
  let groupBytes = 0
  for (const segment of segments) {
    const base = group[0]?.baseOffset ?? segment.baseOffset
    const fits =
      groupBytes + segment.sizeBytes <= config.segmentBytes && segment.endOffset - base <= MAX_RELATIVE
    if (group.length > 0 && !fits) {
      groups.push(group)
      group = []
      groupBytes = 0
    }
    group.push(segment)
    groupBytes += segment.sizeBytes
  }
  if (group.length > 0) groups.push(group)
  return groups
}
