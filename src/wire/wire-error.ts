/**
 * Bytes that are not what the protocol says: the sender can't be understood any further, so the connection is
 * closed. A request that is well-formed but refused is a `KafkaError` instead.
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** The field that could not be read, such as `topics[0].partitions[3].records`; empty for a whole frame. */
  readonly path: string
  /** Where in the bytes reading stopped. */
  readonly offset: number

  constructor(message: string, where: { readonly path?: string; readonly offset?: number } = {}) {
    const { path = '', offset = 0 } = where
    super(path === '' ? message : `${path}: ${message}, offset ${offset}`)
    this.path = path
    this.offset = offset
  }
}
