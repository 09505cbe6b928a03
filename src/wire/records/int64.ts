/** int64 fields as JS numbers: two 32-bit halves are about half the price of a bigint, and offsets, producer ids and
 * sequences stay far below 2^53. Not for timestamps, of which clients may send any. */

const TWO_TO_32 = 0x1_0000_0000

export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4)
}

export function writeInt64(bytes: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_32)
  bytes.writeInt32BE(high, at)
  bytes.writeUInt32BE(value - high * TWO_TO_32, at + 4)
}
