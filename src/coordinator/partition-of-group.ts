/**
 * Which partition of `__consumer_offsets` holds a group: Java's hash of the name, so that Kafka's brokers and tools
 * look in the same place (apache/kafka `GroupCoordinatorService.partitionFor`).
 */
export function partitionOfGroup(groupId: string, partitionCount: number): number {
  return Math.abs(javaHash(groupId)) % partitionCount
}

/** `String.hashCode`: 31-fold sums of UTF-16 units in 32 bits. The smallest int has no positive twin and counts as 0. */
function javaHash(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash === -0x8000_0000 ? 0 : hash
}
