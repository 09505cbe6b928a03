/** The broker configs of the cleaner, parsed; units last. They may change at any time. */
export interface CleanerConfig {
  /** `log.cleaner.enable`, and at least one of `log.cleaner.threads`; there is one worker however many are asked for. */
  readonly enabled: boolean
  /** `log.cleaner.backoff.ms`: pause after a round that found nothing to do. */
  readonly backoffMs: number
  /** `log.cleaner.dedupe.buffer.size` */
  readonly dedupeBufferBytes: number
  /** `log.cleaner.io.buffer.load.factor`: how full the map of keys may get. */
  readonly loadFactor: number
  /** `log.cleaner.io.buffer.size`: how much is read and written at a time. */
  readonly ioBufferBytes: number
  /** `log.cleaner.io.max.bytes.per.second`: reads and writes together. */
  readonly ioMaxBytesPerSecond: number
  /** `odradek.log.cleaner.eager`: logs are compacted when they turn cleanable, not only at the next round. */
  readonly eager: boolean
}

export const defaultCleanerConfig: CleanerConfig = {
  enabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 128 * 1024 * 1024,
  loadFactor: 0.9,
  ioBufferBytes: 512 * 1024,
  ioMaxBytesPerSecond: Number.POSITIVE_INFINITY,
  eager: true,
}
