import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeNetwork } from '../../src/runtime/node-network.ts'
import { describeProducers } from '../../src/wire/apis/describe-producers.ts'
import { RawClient } from '../raw-client.ts'
import { type Cluster, lines, startCluster, uniqueName, words } from './cluster.ts'
import { program, start, startOdradek } from './command.ts'

describe('odradek produce and odradek consume', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
  })

  afterAll(() => cluster?.stop())

  async function newTopic(partitions = 1): Promise<string> {
    const topic = uniqueName('records')
    await cluster.ok(`topics create ${topic} -p ${partitions}`)
    return topic
  }

  test('what is produced has a producer id, so that a retry writes nothing twice', async () => {
    const topic = uniqueName('ids')
    await cluster.ok(`topics create ${topic} -p 1`)
    await cluster.ok(`produce ${topic}`, { input: 'a\nb\n' })
    const [host = '', port = ''] = cluster.bootstrap.split(':')
    const client = await RawClient.connect(nodeNetwork, { host, port: Number(port) })
    const { topics } = await client.request(describeProducers, 0, {
      topics: [{ name: topic, partitionIndexes: [0] }],
    })
    client.close()
    expect(topics[0]?.partitions[0]?.activeProducers).toMatchObject([{ producerEpoch: 0, lastSequence: 1 }])
  })

  test('lines come out as they went in', async () => {
    const topic = await newTopic()
    await cluster.ok(`produce ${topic}`, { input: 'one\n\nthree: ü\nlast' })
    expect(await cluster.ok(`consume ${topic} --exit`)).toBe('one\n\nthree: ü\nlast\n')
  })

  test('key, value, headers, tombstones and time are kept', async () => {
    const topic = await newTopic()
    await cluster.ok(`produce ${topic} -K : -H source=shop -H source=web --null`, { input: 'a:1\nb:\nc\n' })
    expect(await cluster.ok(`consume ${topic} --exit --format '%o|%k|%v|%S|%h\\n'`)).toBe(
      '0|a|1|1|source=shop,source=web\n1|b||-1|source=shop,source=web\n2||c|1|source=shop,source=web\n',
    )
    await cluster.ok(`produce ${topic} --json`, { input: '{"value":{"n":1},"timestamp":1769846400000}\n' })
    const [last] = lines(await cluster.ok(`consume ${topic} --exit --from -1 --json`))
    expect(JSON.parse(last ?? '')).toEqual({
      topic,
      partition: 0,
      offset: 3,
      timestamp: 1_769_846_400_000,
      key: null,
      value: '{"n":1}',
    })
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('%s goes in and out', async (codec) => {
    const topic = await newTopic(2)
    const input = Array.from({ length: 3000 }, (_, index) => `${index}:value ${index}\n`).join('')
    await cluster.ok(`produce ${topic} -K : --compression ${codec}`, { input })
    const read = lines(await cluster.ok(`consume ${topic} --exit --format '%k:%v\\n'`))
    const byNumber = (a: string, b: string) => Number.parseInt(a, 10) - Number.parseInt(b, 10)
    expect(read.sort(byNumber).join('\n')).toBe(input.trimEnd())
  })

  test('a topic is copied through a pipe of JSON lines, bytes and all', async () => {
    const [from, to] = [await newTopic(2), await newTopic(2)]
    await cluster.ok(`produce ${from} -p 1`, { input: Buffer.from([0xff, 0x00, 0x0a, 0x41, 0x0a]) })
    const copied = await cluster.ok(`consume ${from} --exit --json`)
    await cluster.ok(`produce ${to} --json`, { input: copied })
    const format = "--exit --format '%p %o %T %v\\n'"
    expect(await cluster.ok(`consume ${to} ${format}`)).toBe(await cluster.ok(`consume ${from} ${format}`))
    const plain = start(process.execPath, [program, 'consume', to, '--exit', '--format', '%v'], {
      env: cluster.env,
    })
    const hash = createHash('sha1')
    plain.child.stdout?.on('data', (chunk: Buffer) => hash.update(chunk))
    await plain.ended
    expect(hash.digest('hex')).toBe(
      createHash('sha1')
        .update(Buffer.from([0xff, 0x00, 0x41]))
        .digest('hex'),
    )
  })

  test('reading starts where it is told to', async () => {
    const topic = await newTopic()
    await cluster.ok(`produce ${topic} --json`, {
      input: [10, 20, 30, 40]
        .map((timestamp) => `{"value":"${timestamp}","timestamp":${timestamp}}\n`)
        .join(''),
    })
    const from = async (position: string) =>
      lines(await cluster.ok(`consume ${topic} --exit --from ${position}`))
    expect(await from('earliest')).toEqual(['10', '20', '30', '40'])
    expect(await from('2')).toEqual(['30', '40'])
    expect(await from('-3')).toEqual(['20', '30', '40'])
    expect(await from('@25')).toEqual(['30', '40'])
    expect(await from('@41')).toEqual([])
    expect(await from('latest')).toEqual([])
    expect(await from('99')).toEqual([])
  })

  test('--max-messages and --partition take what was asked for', async () => {
    const topic = await newTopic(3)
    for (const partition of [0, 1, 2])
      await cluster.ok(`produce ${topic} -p ${partition}`, { input: `${partition}a\n${partition}b\n` })
    expect(lines(await cluster.ok(`consume ${topic} -p 0,2 --exit`))).toEqual(['0a', '0b', '2a', '2b'])
    expect(lines(await cluster.ok(`consume ${topic} -p 1 -n 1`))).toEqual(['1a'])
  })

  test('a tail shows what comes, and ends in order when interrupted', async () => {
    const topic = await newTopic()
    await cluster.ok(`produce ${topic}`, { input: 'before\n' })
    const tail = startOdradek(words(`consume ${topic} --from -1`), { env: cluster.env })
    await tail.printed(/before\n/)
    await cluster.ok(`produce ${topic}`, { input: 'after\n' })
    await tail.printed(/after\n/)
    tail.signal('SIGINT')
    expect(await tail.ended).toEqual({ stdout: 'before\nafter\n', stderr: '', exitCode: 0 })
  })

  test('a reader that goes away ends it in silence', async () => {
    const topic = await newTopic()
    const input = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('')
    await cluster.ok(`produce ${topic}`, { input })
    const command = `"$0" "$1" consume ${topic} | head -n 1; echo "$\{PIPESTATUS[0]}"`
    const shell = start('bash', ['-c', command, process.execPath, program], { env: cluster.env })
    expect(await shell.ended).toEqual({ stdout: 'line 0\n0\n', stderr: '', exitCode: 0 })
  })

  test('a record for a partition that is not there fails the command, and it says how far it got', async () => {
    const topic = await newTopic(2)
    const input = '{"value":"a","partition":2}\n'
    const { stderr, exitCode } = await cluster.run(`produce ${topic} --json`, { input })
    expect({ stderr, exitCode }).toEqual({
      stderr: `odradek: ${topic} has no partition 2 (0 records were written before)\n`,
      exitCode: 1,
    })
  })

  test('a line that is no JSON is told by its number', async () => {
    const topic = await newTopic()
    const { stderr, exitCode } = await cluster.run(`produce ${topic} --json`, { input: '{"value":"a"}\nb\n' })
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^odradek: line 2: not a JSON object \(\d records were written before\)\n$/)
  })

  test('a record that is too large is refused with Kafka’s own word', async () => {
    const topic = uniqueName('small')
    await cluster.ok(`topics create ${topic} -p 1 -c max.message.bytes=1000`)
    const { stderr, exitCode } = await cluster.run(`produce ${topic}`, { input: 'x'.repeat(2000) })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^odradek: MESSAGE_TOO_LARGE: .* \(0 records were written before\)\n$/)
  })

  test('a topic that is not there is not waited for', async () => {
    const topic = uniqueName('missing')
    expect(await cluster.run(`consume ${topic}`)).toEqual({
      stdout: '',
      stderr: `odradek: ${topic}: UNKNOWN_TOPIC_OR_PARTITION\n`,
      exitCode: 1,
    })
  })

  test('a group goes on where it was', async () => {
    const topic = await newTopic(2)
    const group = uniqueName('readers')
    await cluster.ok(`produce ${topic} -p 0`, { input: 'a\nb\nc\n' })
    expect(lines(await cluster.ok(`consume ${topic} --group ${group} --max-messages 2`))).toEqual(['a', 'b'])
    expect(lines(await cluster.ok(`consume ${topic} --group ${group} --exit`))).toEqual(['c'])
    await cluster.ok(`produce ${topic} -p 1`, { input: 'd\n' })
    expect(lines(await cluster.ok(`consume ${topic} --group ${group} --exit`))).toEqual(['d'])
  })
})
