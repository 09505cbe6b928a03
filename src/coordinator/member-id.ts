import type { Random } from '../runtime/random.ts'

/** A name may take up all the room that a string has; the id must have room for the uuid, too. */
const LONGEST_NAME = 1_000

/** An id that no other member has: a random uuid behind the client's name, which is what operators read. */
export function freshMemberId(random: Random, name: string): string {
  const bytes = random.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return `${name.slice(0, LONGEST_NAME)}-${uuid.join('-')}`
}
