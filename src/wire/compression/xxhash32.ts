/**
 * xxHash32 with seed 0, for inputs below 16 bytes: the header of an LZ4 frame has at most 15 and that is all it is needed
 * for. Source: the xxHash specification, "XXH32 algorithm description".
 */
const PRIME_1 = 0x9e37_79b1
const PRIME_2 = 0x85eb_ca77
const PRIME_3 = 0xc2b2_ae3d
const PRIME_4 = 0x27d4_eb2f
const PRIME_5 = 0x1656_67b1
const STRIPE_BYTES = 16

export function xxHash32(bytes: Buffer): number {
  if (bytes.length >= STRIPE_BYTES + 4)
    throw new RangeError(`${bytes.length} bytes are more than a frame header has`)
  let at = 0
  let hash = PRIME_5
  if (bytes.length >= STRIPE_BYTES) {
    hash = hashStripe(bytes)
    at = STRIPE_BYTES
  }
  hash = (hash + bytes.length) | 0
  for (; at + 4 <= bytes.length; at += 4) {
    hash = (hash + Math.imul(bytes.readUInt32LE(at), PRIME_3)) | 0
    hash = Math.imul(rotateLeft(hash, 17), PRIME_4)
  }
  for (; at < bytes.length; at++) {
    hash = (hash + Math.imul(bytes.readUInt8(at), PRIME_5)) | 0
    hash = Math.imul(rotateLeft(hash, 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function hashStripe(bytes: Buffer): number {
  const lane = (start: number, at: number) =>
    Math.imul(rotateLeft((start + Math.imul(bytes.readUInt32LE(at), PRIME_2)) | 0, 13), PRIME_1)
  const first = rotateLeft(lane((PRIME_1 + PRIME_2) | 0, 0), 1)
  const second = rotateLeft(lane(PRIME_2, 4), 7)
  const third = rotateLeft(lane(0, 8), 12)
  const fourth = rotateLeft(lane(-PRIME_1 | 0, 12), 18)
  return (first + second + third + fourth) | 0
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
