import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from './cluster.ts'
import { odradek, program, start } from './command.ts'

/** What the help pages and the guide tell people to type is typed here, in a shell that knows `odradek`. */
describe('what people are told to type works', () => {
  let cluster: Cluster
  let folder: string

  beforeAll(async () => {
    cluster = await startCluster()
    folder = mkdtempSync(join(tmpdir(), 'odradek-examples-'))
    writeFileSync(join(folder, 'odradek'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
    chmodSync(join(folder, 'odradek'), 0o755)
  })

  afterAll(async () => {
    await cluster?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  function shell(line: string) {
    const env = { ...cluster.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` }
    // `exec` lets a signal reach the command itself, not only the shell.
    const isSimple = !/[|&;]/.test(line)
    return start('bash', ['-o', 'pipefail', '-c', isSimple ? `exec ${line}` : line], { env })
  }

  /** The topic that the examples speak of, with records in every partition, a group that has read them, and a copy. */
  async function prepare(page: string): Promise<void> {
    await cluster.ok('topics delete orders archive --if-exists')
    if (page === 'topics') return
    await cluster.ok('topics create orders archive --partitions 3')
    for (const partition of [0, 1, 2])
      await cluster.ok(`produce orders --partition ${partition}`, { input: 'a\nb\nc\n' })
    if (page === 'groups') await cluster.ok('consume orders --group billing --exit')
  }

  test.each(['topics', 'produce', 'consume', 'groups', 'configs'])(
    'on the help page of %s',
    async (page) => {
      await prepare(page)
      const { stdout } = await odradek([page, '--help'])
      const examples = examplesOf(stdout)
      expect(examples.length).toBeGreaterThan(3)
      for (const example of examples) {
        const running = shell(example)
        if (runsForEver(example)) {
          if (example.includes('--from latest')) {
            // Nothing comes until somebody writes, and nobody can see from outside when it has begun to read.
            while (running.stdout === '') await cluster.ok('produce orders', { input: 'now\n' })
          }
          await running.printed(/\n/)
          running.signal('SIGINT')
        }
        const { stderr, exitCode } = await running.ended
        expect({ example, stderr, exitCode }).toEqual({ example, stderr: '', exitCode: 0 })
      }
    },
    60_000,
  )

  test('in docs/cli.md', { timeout: 60_000 }, async () => {
    await prepare('topics')
    const guide = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8')
    const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? '')
    expect(blocks.length).toBeGreaterThan(3)
    for (const line of blocks.join('').trimEnd().split('\n')) {
      const { stderr, exitCode } = await shell(line).ended
      expect({ line, stderr, exitCode }).toEqual({ line, stderr: '', exitCode: 0 })
    }
  })
})

/** The indented lines under "Examples:", without the remarks beside them. */
function examplesOf(help: string): string[] {
  const [, block = ''] = /Examples:\n((?: {2}.*\n)+)/.exec(help) ?? []
  return block
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}.*$/, ''))
}

function runsForEver(example: string): boolean {
  return /odradek consume/.test(example) && !/--exit|--max-messages/.test(example)
}
