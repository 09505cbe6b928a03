import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { odradek, type RunningCommand, startOdradek } from './command.ts'

describe('odradek', () => {
  test.each([
    [['--port', 'abc'], 'port must be a number from 0 to 65535, not "abc"'],
    [['--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['--port'], "option '--port <number>' argument missing"],
    [
      ['tpoics'],
      'unknown command "tpoics"; commands: start, topics, produce, consume, groups, configs, help',
    ],
    [['topic'], 'unknown command "topic"; did you mean topics?'],
    [['--config', 'x'], "Expected a config as name=value, got 'x'"],
    [['topics', 'create'], "missing required argument 'name'"],
    [['topics', 'create', 'a', '-p', '0'], 'It must be 1 or more.'],
    [
      ['consume', 'a', '--from', 'soon'],
      '--from must be earliest, latest, an offset, +N, -N or a time, not "soon"',
    ],
    [['produce', 'a', '--compression', 'zip'], 'Allowed choices are none, gzip, snappy, lz4, zstd.'],
  ])('%j is one clear line, and exit code 2', async (args, message) => {
    const { stdout, stderr, exitCode } = await odradek(args)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
    expect(stderr).toMatch(/^odradek: [^\n]*\n$/)
    expect(stderr).toContain(message)
  })

  test('a broker that does not run is told at once', async () => {
    const { stdout, stderr, exitCode } = await odradek(['topics', 'list', '--bootstrap', 'localhost:1'])
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
    expect(stderr).toMatch(/^odradek: can't connect to localhost:1[^\n]*\n$/)
  })

  test('--version is the version, and help is on the standard output', async () => {
    expect(await odradek(['--version'])).toMatchObject({
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
      exitCode: 0,
    })
    for (const args of [['--help'], ['start', '--help'], ['consume', '--help'], ['help', 'topics']]) {
      expect(await odradek(args)).toMatchObject({
        stdout: expect.stringMatching(/^Usage: odradek/),
        stderr: '',
        exitCode: 0,
      })
    }
  })
})

describe('a broker started by odradek', () => {
  let folder: string
  let started: RunningCommand[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'odradek-start-'))
    started = []
  })

  afterEach(async () => {
    for (const command of started) command.signal('SIGKILL')
    await Promise.all(started.map((command) => command.ended))
    rmSync(folder, { recursive: true })
  })

  function begin(args: readonly string[], env: Record<string, string> = {}): RunningCommand {
    const command = startOdradek(args, { env })
    started.push(command)
    return command
  }

  async function portOf(command: RunningCommand): Promise<string> {
    const [, port] = await command.printed(/:(\d+)\b.*\n/)
    return port ?? ''
  }

  test('says in one line where it is, and closes on SIGTERM and on SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const broker = begin(['--port', '0', '--data', join(folder, 'data')])
      await portOf(broker)
      expect(broker.stdout).toMatch(/^odradek \S+ ready on localhost:\d+, data in \S+ \(\d+ ms\)\n$/)
      broker.signal(signal)
      expect(await broker.ended).toMatchObject({ stderr: '', exitCode: 0 })
    }
  })

  test('keeps its data from one start to the next', async () => {
    const data = join(folder, 'data')
    for (const round of [1, 2]) {
      const broker = begin(['--port', '0', '--data', data])
      const env = { ODRADEK_BOOTSTRAP: `localhost:${await portOf(broker)}` }
      if (round === 1) {
        expect(await odradek(['topics', 'create', 'kept'], { env })).toMatchObject({
          stderr: '',
          exitCode: 0,
        })
        expect(await odradek(['produce', 'kept'], { env, input: 'a\nb\n' })).toMatchObject({ exitCode: 0 })
      } else {
        expect(await odradek(['consume', 'kept', '--exit'], { env })).toMatchObject({ stdout: 'a\nb\n' })
      }
      broker.signal('SIGTERM')
      await broker.ended
    }
  })

  test('a tail outlives a restart of the broker, with a group and without', async () => {
    const data = join(folder, 'data')
    const first = begin(['--port', '0', '--data', data])
    const port = await portOf(first)
    const env = { ODRADEK_BOOTSTRAP: `localhost:${port}` }
    await odradek(['topics', 'create', 'kept'], { env })
    await odradek(['produce', 'kept'], { env, input: 'before\n' })
    const tails = [
      ['consume', 'kept'],
      ['consume', 'kept', '--group', 'readers'],
    ].map((args) => {
      const tail = startOdradek(args, { env })
      started.push(tail)
      return tail
    })
    for (const tail of tails) await tail.printed(/before\n/)
    first.signal('SIGTERM')
    await first.ended
    await portOf(begin(['--port', port, '--data', data]))
    await odradek(['produce', 'kept'], { env, input: 'after\n' })
    for (const tail of tails) {
      await tail.printed(/after\n/)
      tail.signal('SIGINT')
      expect(await tail.ended).toMatchObject({ stdout: 'before\nafter\n', exitCode: 0 })
    }
  })

  test('a second signal ends it at once, and does not wait for the disk', async () => {
    const broker = begin(['--port', '0', '--data', join(folder, 'data')])
    await portOf(broker)
    broker.signal('SIGTERM')
    broker.signal('SIGINT')
    // In order it would end with 0.
    expect([130, 143]).toContain((await broker.ended).exitCode)
  })

  test('leaves nothing behind with --memory', async () => {
    const data = join(folder, 'data')
    const broker = begin(['--port', '0', '--memory'], { KAFKA_LOG_DIRS: data })
    await portOf(broker)
    broker.signal('SIGTERM')
    await broker.ended
    expect(existsSync(data)).toBe(false)
  })

  test('takes its settings from the environment too', async () => {
    const broker = begin([], { ODRADEK_PORT: '0', ODRADEK_MEMORY: 'true', KAFKA_NUM_PARTITIONS: '4' })
    const env = { ODRADEK_BOOTSTRAP: `localhost:${await portOf(broker)}` }
    await odradek(['topics', 'create', 'four'], { env })
    const { stdout } = await odradek(['topics', 'list', '--json'], { env })
    expect(JSON.parse(stdout)).toEqual([{ name: 'four', partitions: 4, replication: 1 }])
  })

  test('a port or a folder that is taken is one clear line, and exit code 1', async () => {
    const data = join(folder, 'data')
    const port = await portOf(begin(['--port', '0', '--data', data]))
    for (const args of [
      ['--port', port, '--memory'],
      ['--port', '0', '--data', data],
    ]) {
      const { stdout, stderr, exitCode } = await begin(args).ended
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
      expect(stderr).toMatch(/^odradek: [^\n]*\n$/)
    }
  })

  test('a config that Kafka does not know is one clear line, and exit code 2', async () => {
    const { stdout, stderr, exitCode } = await begin(['--memory', '--config', 'num.partition=3']).ended
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
    expect(stderr).toMatch(/^odradek: [^\n]*did you mean 'num.partitions'[^\n]*\n$/)
  })
})
