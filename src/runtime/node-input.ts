import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

/** Reads a file of the user's, wherever it lies, from its beginning; fails while being read if that can't be. */
export function openInput(path: string): Readable {
  return createReadStream(path, { highWaterMark: 256 * 1024 })
}
