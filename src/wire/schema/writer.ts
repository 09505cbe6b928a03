/**
 * Where compiled encoders write. Bytes gather in one scratch area that never grows: when it is full, or when a
 * caller's own buffer follows, what is there is cut off as a chunk of its exact size. So a message of ordinary size
 * comes out as one buffer, and record batches go from log to socket uncopied.
 */
import { EncodeError } from '../encode-error.ts'
import { MAX_STRING_BYTES } from './layout.ts'

/** Bytes gathered before a chunk is cut. */
const SCRATCH_BYTES = 64 * 1024
/** A caller's buffer of fewer bytes is copied: that is cheaper than one more chunk to write. */
const COPY_BELOW_BYTES = 1024
/** Strings up to this many characters are tried as ASCII first, which beats the call into native code. */
const SHORT_STRING = 24

export class Writer {
  readonly bytes: Buffer
  readonly view: DataView
  #chunks: Buffer[] = []
  #child: Writer | undefined

  constructor(sizeBytes = SCRATCH_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes)
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, sizeBytes)
  }

  /** Forgets what an encoder that threw left behind. */
  reset(): void {
    if (this.#chunks.length > 0) this.#chunks = []
  }

  /** Cuts off what stands before `at`; writing goes on at the position that is returned. */
  cut(at: number): number {
    if (at > 0) this.#chunks.push(this.#copy(at))
    return 0
  }

  /** The chunks, complete; the writer is empty again. */
  finish(at: number): Buffer[] {
    const chunks = this.#chunks
    if (chunks.length === 0) return [this.#copy(at)]
    this.#chunks = []
    if (at > 0) chunks.push(this.#copy(at))
    return chunks
  }

  /** A second writer, for a tagged field whose size must be known before its bytes are. */
  child(): Writer {
    this.#child ??= new Writer(4096)
    this.#child.reset()
    return this.#child
  }

  /** Takes over what a child wrote, with its size in front. */
  adopt(start: number, child: Writer, childAt: number): number {
    const chunks = child.finish(childAt)
    let sizeBytes = 0
    for (const chunk of chunks) sizeBytes += chunk.length
    let at = this.varint(this.room(start, 5), sizeBytes)
    for (const chunk of chunks) at = this.append(at, chunk)
    return at
  }

  /** A position behind which `sizeBytes` fit, which must be few. */
  room(at: number, sizeBytes: number): number {
    return at + sizeBytes > this.bytes.length ? this.cut(at) : at
  }

  varint(start: number, value: number): number {
    let at = start
    let rest = value
    while (rest > 0x7f) {
      this.bytes[at++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.bytes[at++] = rest
    return at
  }

  /** A string behind an int16 length. */
  string(start: number, value: string): number {
    const at = this.room(start, 2 + SHORT_STRING)
    if (value.length <= SHORT_STRING) {
      const end = this.#ascii(at + 2, value)
      if (end > 0) {
        this.view.setInt16(at, value.length)
        return end
      }
    }
    const sizeBytes = stringSize(value)
    this.view.setInt16(at, sizeBytes)
    return this.#text(at + 2, value, sizeBytes)
  }

  /** A string behind an unsigned varint of its length plus one. */
  compactString(start: number, value: string): number {
    const at = this.room(start, 3 + SHORT_STRING)
    if (value.length <= SHORT_STRING) {
      const end = this.#ascii(at + 1, value)
      if (end > 0) {
        this.bytes[at] = value.length + 1
        return end
      }
    }
    const sizeBytes = stringSize(value)
    return this.#text(this.varint(at, sizeBytes + 1), value, sizeBytes)
  }

  /** Bytes behind an int32 length. */
  blob(start: number, value: Uint8Array): number {
    const at = this.room(start, 4)
    this.view.setInt32(at, value.length)
    return this.append(at + 4, value)
  }

  /** Bytes behind an unsigned varint of their length plus one. */
  compactBlob(start: number, value: Uint8Array): number {
    return this.append(this.varint(this.room(start, 5), value.length + 1), value)
  }

  blobs(start: number, values: readonly Uint8Array[]): number {
    let at = this.room(start, 4)
    this.view.setInt32(at, totalBytes(values))
    at += 4
    for (const value of values) at = this.append(at, value)
    return at
  }

  compactBlobs(start: number, values: readonly Uint8Array[]): number {
    let at = this.varint(this.room(start, 5), totalBytes(values) + 1)
    for (const value of values) at = this.append(at, value)
    return at
  }

  /** Bytes as they are: copied when they are few, handed on otherwise. */
  append(start: number, value: Uint8Array): number {
    if (value.length < COPY_BELOW_BYTES) {
      const at = this.room(start, value.length)
      this.bytes.set(value, at)
      return at + value.length
    }
    this.cut(start)
    this.#chunks.push(
      value instanceof Buffer ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    )
    return 0
  }

  #copy(sizeBytes: number): Buffer {
    const chunk = Buffer.allocUnsafe(sizeBytes)
    this.bytes.copy(chunk, 0, 0, sizeBytes)
    return chunk
  }

  /** Writes a string of ASCII characters and gives the position behind it; 0 when a character is not ASCII. */
  #ascii(start: number, value: string): number {
    const { bytes } = this
    const { length } = value
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return 0
      bytes[start + index] = code
    }
    return start + length
  }

  #text(at: number, value: string, sizeBytes: number): number {
    if (at + sizeBytes > this.bytes.length) return this.append(at, Buffer.from(value))
    this.bytes.write(value, at, sizeBytes, 'utf8')
    return at + sizeBytes
  }
}

function stringSize(value: string): number {
  const sizeBytes = Buffer.byteLength(value)
  if (sizeBytes > MAX_STRING_BYTES)
    throw new EncodeError(
      `a string of ${sizeBytes} bytes does not fit in a message: at most ${MAX_STRING_BYTES}`,
    )
  return sizeBytes
}

function totalBytes(values: readonly Uint8Array[]): number {
  let total = 0
  for (const value of values) total += value.length
  return total
}
