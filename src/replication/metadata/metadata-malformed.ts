/** A value that is not what its key promises: another program wrote it, or the store is damaged. */
export class MetadataMalformed extends Error {
  override readonly name = 'MetadataMalformed'

  constructor(what: string, value: string) {
    super(`the metadata store holds a malformed ${what}: ${value.slice(0, 200)}`)
  }
}
