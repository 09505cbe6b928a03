/**
 * Steps through the records of one batch (magic 2, decompressed) without allocating per record. What the records
 * hold is left where it lies; the walker only tells positions:
 *
 *     length varint · attributes int8 · timestampDelta varlong · offsetDelta varint · keyLength varint · key
 *     valueLength varint · value · headerCount varint · headers: { keyLength varint · key · valueLength varint · value }
 *
 * A negative length of key, value or header value means null. Every step is checked against the end of the record
 * and the record against the end of the buffer; what doesn't add up is refused with INVALID_RECORD, as Kafka does.
 *
 * Source: Kafka's documentation, "Record"; apache/kafka `DefaultRecord.java`.
 */
import { KafkaError } from '../errors.ts'

export class RecordWalker {
  readonly bytes: Uint8Array
  /** Where the next record starts; after the last one, the end of the buffer. */
  position: number
  /** Where the current record starts: at its length. */
  recordAt = 0
  /** Milliseconds to add to the batch's base timestamp; NaN when too wide for a number, see `wideTimestampDelta`. */
  timestampDelta = 0
  /** Only set when `timestampDelta` is NaN. */
  wideTimestampDelta = 0n
  /** Where the offset delta stands: what follows the timestamp. */
  offsetDeltaAt = 0
  offsetDelta = 0
  keyAt = 0
  /** -1 or less for null; so are the other lengths. */
  keyLength = 0
  valueAt = 0
  valueLength = 0
  headerCount = 0
  /** Where the first header starts. */
  headersAt = 0
  #cursor = 0

  /** `bytes` ends where the batch ends; `position` is where its first record starts. */
  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes
    this.position = position
  }

  get atEnd(): boolean {
    return this.position === this.bytes.length
  }

  /** Steps onto the next record. Throws INVALID_RECORD when its bytes aren't a record. */
  next(): void {
    this.recordAt = this.position
    this.#cursor = this.position
    const sizeBytes = this.#varint()
    const end = this.#cursor + sizeBytes
    if (sizeBytes < 0 || end > this.bytes.length) {
      throw invalid(`record of ${sizeBytes} bytes, ${this.bytes.length - this.#cursor} remain`)
    }
    this.#cursor++
    this.#timestampDelta()
    this.offsetDeltaAt = this.#cursor
    this.offsetDelta = this.#varint()
    this.keyLength = this.#varint()
    this.keyAt = this.#cursor
    if (this.keyLength > 0) this.#skip(this.keyLength, end)
    this.valueLength = this.#varint()
    this.valueAt = this.#cursor
    if (this.valueLength > 0) this.#skip(this.valueLength, end)
    this.headerCount = this.#varint()
    this.headersAt = this.#cursor
    if (this.headerCount !== 0) this.#skipHeaders(end)
    if (this.#cursor !== end) throw invalid(`record of ${sizeBytes} bytes whose fields end elsewhere`)
    this.position = end
  }

  /** Calls `visit` for each header of the current record, with the positions of its key and value. */
  forEachHeader(
    visit: (keyAt: number, keyLength: number, valueAt: number, valueLength: number) => void,
  ): void {
    this.#cursor = this.headersAt
    for (let index = 0; index < this.headerCount; index++) {
      const keyLength = this.#varint()
      const keyAt = this.#cursor
      this.#cursor += keyLength
      const valueLength = this.#varint()
      const valueAt = this.#cursor
      this.#cursor += Math.max(0, valueLength)
      visit(keyAt, keyLength, valueAt, valueLength)
    }
  }

  #skipHeaders(end: number): void {
    const { headerCount } = this
    // Each header takes at least two bytes, so a count that lies ends the walk soon.
    if (headerCount < 0 || headerCount > end - this.#cursor) throw invalid(`${headerCount} headers`)
    for (let index = 0; index < headerCount; index++) {
      const keyLength = this.#varint()
      if (keyLength < 0) throw invalid('header without a key')
      this.#skip(keyLength, end)
      const valueLength = this.#varint()
      if (valueLength > 0) this.#skip(valueLength, end)
    }
  }

  #skip(sizeBytes: number, end: number): void {
    if (sizeBytes > end - this.#cursor)
      throw invalid(`field of ${sizeBytes} bytes, ${end - this.#cursor} remain`)
    this.#cursor += sizeBytes
  }

  #varint(): number {
    const first = this.bytes[this.#cursor]
    if (first === undefined) throw endedEarly()
    if (first < 0x80) {
      this.#cursor++
      return (first >>> 1) ^ -(first & 1)
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    let zigzag = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.bytes[this.#cursor++]
      if (byte === undefined) throw endedEarly()
      zigzag |= (byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    throw invalid('varint longer than 5 bytes')
  }

  #timestampDelta(): void {
    const start = this.#cursor
    let zigzag = 0
    let scale = 1
    for (let length = 1; length <= 7; length++) {
      const byte = this.bytes[this.#cursor++]
      if (byte === undefined) throw endedEarly()
      zigzag += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.timestampDelta = (zigzag & 1) === 0 ? zigzag / 2 : -(zigzag + 1) / 2
        return
      }
      scale *= 0x80
    }
    this.#cursor = start
    this.#wideTimestampDelta()
  }

  #wideTimestampDelta(): void {
    let zigzag = 0n
    for (let shift = 0n; shift <= 63n; shift += 7n) {
      const byte = this.bytes[this.#cursor++]
      if (byte === undefined) throw endedEarly()
      zigzag |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        const narrow = BigInt.asUintN(64, zigzag)
        this.timestampDelta = Number.NaN
        this.wideTimestampDelta = (narrow >> 1n) ^ -(narrow & 1n)
        return
      }
    }
    throw invalid('varlong longer than 10 bytes')
  }
}

function endedEarly(): KafkaError {
  return invalid('batch ends inside a record')
}

function invalid(what: string): KafkaError {
  return new KafkaError('INVALID_RECORD', `Invalid record: ${what}`)
}
