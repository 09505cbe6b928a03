import { describe, expect, test } from 'vitest'
import { buildProgram } from '../program.ts'
import type { StartFlags } from './options.ts'
import { parsePlainStart } from './quick-parse.ts'

const plainStarts: readonly string[][] = [
  [],
  ['start'],
  ['--port', '0'],
  ['start', '--port=1234', '--host', '0.0.0.0'],
  ['--memory', '--accept-loss'],
  ['--config', 'a=1', '--config', 'b=x=y', '--data', '/tmp/x'],
  ['--advertised', 'kafka:9092', '--profile', 'realistic', '--log-level', 'debug', '--act-as', '2.8'],
]

describe('the quick way of a plain start', () => {
  test.each(plainStarts.map((args) => ({ args })))('reads $args as commander does', async ({ args }) => {
    expect(parsePlainStart(args)).toEqual(await readByCommander(args))
  })

  test.each([
    ['--help'],
    ['-V'],
    ['topics', 'list'],
    ['--prot', '1'],
    ['--port'],
    ['start', 'now'],
    ['--memory=yes'],
  ])('leaves %j %j to commander', (...args) => {
    expect(parsePlainStart(args)).toBeUndefined()
  })
})

async function readByCommander(args: readonly string[]): Promise<StartFlags | undefined> {
  let read: StartFlags | undefined
  const program = buildProgram(async (flags) => {
    read = flags
  })
  await program.parseAsync([...args], { from: 'user' })
  return read
}
