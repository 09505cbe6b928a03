import { CliFailure } from '../failure.ts'

const NEWLINE = 0x0a
/** More than any broker takes in one request by default (`socket.request.max.bytes`): not a line, a wrong file. */
const LINE_MAX_BYTES = 100 * 1024 * 1024

/**
 * Cuts input into lines without decoding it: values are bytes. Yields all lines that one chunk completes at once, so
 * that a large file costs no promise per line. A last line without a newline counts; an empty rest doesn't.
 */
export async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of input) {
    const lines: Buffer[] = []
    let at = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
      const piece = chunk.subarray(at, end)
      lines.push(begunBytes === 0 ? piece : Buffer.concat([...begun, piece]))
      begun = []
      begunBytes = 0
      at = end + 1
    }
    if (at < chunk.length) {
      begun.push(chunk.subarray(at))
      begunBytes += chunk.length - at
    }
    if (begunBytes > LINE_MAX_BYTES)
      throw new CliFailure('environment', `a line is over ${LINE_MAX_BYTES} bytes long`)
    if (lines.length > 0) yield lines
  }
  if (begunBytes > 0) yield [Buffer.concat(begun)]
}
