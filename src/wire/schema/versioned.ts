/**
 * Bytes that carry their version in front as an int16, as everything does that is stored: keys and values of internal
 * topics, what clients of classic groups hand each other, control records.
 */
import { WireError } from '../wire-error.ts'
import type { Message } from './message.ts'

export const VERSION_BYTES = 2

/** Throws WireError when there is no room for a version. */
export function readVersion(bytes: Buffer): number {
  if (bytes.length < VERSION_BYTES)
    throw new WireError(`${bytes.length} bytes hold no version`, { offset: bytes.length })
  return bytes.readInt16BE(0)
}

/** The value in one buffer, its version in front. */
export function encodeVersioned<E>(message: Message<unknown, E>, value: E, version: number): Buffer {
  return withVersion(message.encode(value, version), version)
}

/** Throws WireError when the message doesn't have the version that the bytes claim. */
export function decodeVersioned<D>(message: Message<D, unknown>, bytes: Buffer): D {
  return message.decode(bytes, readVersion(bytes), VERSION_BYTES)
}

export function withVersion(chunks: readonly Buffer[], version: number): Buffer {
  const prefix = Buffer.allocUnsafe(VERSION_BYTES)
  prefix.writeInt16BE(version, 0)
  return Buffer.concat([prefix, ...chunks])
}
