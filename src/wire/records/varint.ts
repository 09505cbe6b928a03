/**
 * Kafka's variable-length integers inside records: zigzag, seven bits a byte, low bits first. Lengths and offset deltas
 * are 32 bits wide (up to five bytes), timestamp deltas 64 (up to ten).
 *
 * Source: apache/kafka `ByteUtils.java`.
 */

/** Below this a delta takes the quicker path of `writeVarint`. */
const NARROW_LIMIT = 0x3fff_ffffn

export function varintSizeBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

/** Returns where the next field starts. */
export function writeVarint(bytes: Buffer, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  let next = at
  while (zigzag >= 0x80) {
    bytes[next++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  bytes[next++] = zigzag
  return next
}

export function varlongSizeBytes(value: bigint): number {
  if (value >= 0n && value < NARROW_LIMIT) return varintSizeBytes(Number(value))
  let zigzag = zigzagOf(value)
  let sizeBytes = 1
  while (zigzag >= 0x80n) {
    zigzag >>= 7n
    sizeBytes++
  }
  return sizeBytes
}

/** Returns where the next field starts. */
export function writeVarlong(bytes: Buffer, at: number, value: bigint): number {
  if (value >= 0n && value < NARROW_LIMIT) return writeVarint(bytes, at, Number(value))
  let zigzag = zigzagOf(value)
  let next = at
  while (zigzag >= 0x80n) {
    bytes[next++] = Number(zigzag & 0x7fn) | 0x80
    zigzag >>= 7n
  }
  bytes[next++] = Number(zigzag)
  return next
}

function zigzagOf(value: bigint): bigint {
  const narrow = BigInt.asIntN(64, value)
  return BigInt.asUintN(64, (narrow << 1n) ^ (narrow >> 63n))
}
