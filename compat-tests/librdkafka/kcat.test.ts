import { expect, test } from 'vitest'
import { isInstalled, run } from '../brokers/child-process.ts'
import '../kafkajs/codecs.ts'
import * as kafkajs from '../kafkajs/kafka.ts'
import { broker, suite, uniqueName } from '../target.ts'

const installed = await isInstalled('kcat', '-V')
if (!installed)
  console.warn('the kcat suite is skipped: kcat is not installed (Debian: apt-get install kcat)')
const kcatSuite: typeof suite = installed ? suite : suite.skip
const { newTopic } = kafkajs

async function kcat(args: string[], input = ''): Promise<string> {
  const file = 'kcat'
  return await run({ file, args: ['-b', broker.bootstrap, '-m', '10', ...args] }, 30_000, input)
}

/** All records of a topic up to its end, in the format given. */
async function consumeAll(topic: string, format: string, ...more: string[]): Promise<string[]> {
  const printed = await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-f', `${format}\n`, ...more])
  return printed.split('\n').filter((line) => line !== '')
}

kcatSuite('kcat', () => {
  test('lists brokers, topics and partitions', async () => {
    const topic = await newTopic({ numPartitions: 3 })
    const metadata: unknown = JSON.parse(await kcat(['-L', '-J', '-t', topic]))
    expect(metadata).toMatchObject({
      brokers: [{ name: broker.bootstrap }],
      topics: [{ topic, partitions: [{ partition: 0 }, { partition: 1 }, { partition: 2 }] }],
    })
    expect(await kcat(['-L'])).toContain(`topic "${topic}" with 3 partitions`)
  })

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    test(`writes records with compression ${codec} and reads them to the end`, async () => {
      const topic = await newTopic()
      const lines = Array.from({ length: 300 }, (_, index) => `key-${index}:value-${index}-${'x'.repeat(50)}`)
      await kcat(['-P', '-t', topic, '-K:', '-z', codec], lines.join('\n'))
      expect(await consumeAll(topic, '%k:%s')).toEqual(lines)
      expect((await kafkajs.readAll(topic, 300)).map(({ key, value }) => `${key}:${value}`)).toEqual(lines)
    })
  }

  test('reads what kafkajs wrote with each codec', async () => {
    const topic = await newTopic()
    const producer = await kafkajs.newProducer()
    for (const compression of [0, 1, 2, 3, 4]) {
      const messages = Array.from({ length: 5 }, (_, index) => ({ value: `${compression}-${index}` }))
      await producer.send({ topic, messages, compression })
    }
    const expected = [0, 1, 2, 3, 4].flatMap((codec) => [0, 1, 2, 3, 4].map((index) => `${codec}-${index}`))
    expect(await consumeAll(topic, '%s')).toEqual(expected)
  })

  test('keeps headers, timestamps, null keys and null values', async () => {
    const topic = await newTopic()
    const headers = ['-H', 'one=1', '-H', 'two=', '-H', 'one=again']
    await kcat(['-P', '-t', topic, '-K:', ...headers], 'k:v')
    await kcat(['-P', '-t', topic, '-K:', '-Z'], 'gone:')
    await kcat(['-P', '-t', topic], 'keyless')
    const format = '%k,%K,%s,%S,%h'
    expect(await consumeAll(topic, format)).toEqual([
      'k,1,v,1,one=1,two=,one=again',
      'gone,4,,-1,',
      ',-1,keyless,7,',
    ])
    const [stamp] = await consumeAll(topic, '%T')
    expect(Math.abs(Date.now() - Number(stamp))).toBeLessThan(60_000)
  })

  test('writes with acks 0, 1 and all', async () => {
    const topic = await newTopic()
    for (const acks of ['0', '1', 'all'])
      await kcat(['-P', '-t', topic, '-X', `acks=${acks}`], `acks ${acks}`)
    expect(await consumeAll(topic, '%s')).toEqual(['acks 0', 'acks 1', 'acks all'])
  })

  test('writes idempotently, in order and once', async () => {
    const topic = await newTopic()
    const lines = Array.from({ length: 2_000 }, (_, index) => String(index))
    const config = ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=50', '-X', 'linger.ms=0']
    await kcat(['-P', '-t', topic, ...config], lines.join('\n'))
    expect(await consumeAll(topic, '%s')).toEqual(lines)
  })

  test('finds the end of a partition under both isolation levels', async () => {
    const topic = await newTopic()
    await kcat(['-P', '-t', topic], 'a\nb')
    for (const level of ['read_uncommitted', 'read_committed']) {
      expect(await consumeAll(topic, '%o', '-X', `isolation.level=${level}`)).toEqual(['0', '1'])
    }
    expect(await consumeAll(await newTopic(), '%o')).toEqual([])
  })

  test('begins at an offset, before the end, or at a time', async () => {
    const topic = await newTopic()
    const producer = await kafkajs.newProducer()
    for (let index = 0; index < 10; index++) {
      await producer.send({
        topic,
        messages: [{ value: String(index), timestamp: String(1_000 * (index + 1)) }],
      })
    }
    const from = async (...at: string[]) => {
      const printed = await kcat([
        '-C',
        '-t',
        topic,
        '-p',
        '0',
        '-e',
        '-f',
        '%s ',
        ...at.flatMap((o) => ['-o', o]),
      ])
      return printed.trim()
    }
    expect(await from('7')).toBe('7 8 9')
    expect(await from('-2')).toBe('8 9')
    expect(await from('end')).toBe('')
    expect(await from('s@8500')).toBe('8 9')
    expect(await from('s@3000', 'e@6000')).toBe('2 3 4')
  })

  test('asks for offsets by time', async () => {
    const topic = await newTopic()
    const producer = await kafkajs.newProducer()
    for (const timestamp of ['1000', '2000', '3000']) {
      await producer.send({ topic, messages: [{ value: 'v', timestamp }] })
    }
    const query = async (time: string) => (await kcat(['-Q', '-t', `${topic}:0:${time}`])).trim()
    expect(await query('1500')).toBe(`${topic} [0] offset 1`)
    expect(await query('3000')).toBe(`${topic} [0] offset 2`)
    expect(await query('-1')).toBe(`${topic} [0] offset 3`)
    expect(await query('-2')).toBe(`${topic} [0] offset 0`)
  })

  test('consumes as a group and goes on where it was', async () => {
    const [topic, groupId] = [await newTopic({ numPartitions: 2 }), uniqueName('group')]
    const consume = async () => {
      const config = ['-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=6000']
      const printed = await kcat(['-G', groupId, '-e', '-f', '%s\n', ...config, topic])
      return printed.split('\n').filter((line) => line !== '')
    }
    await kcat(['-P', '-t', topic, '-p', '0'], 'a\nb')
    await kcat(['-P', '-t', topic, '-p', '1'], 'c')
    expect((await consume()).sort()).toEqual(['a', 'b', 'c'])
    await kcat(['-P', '-t', topic, '-p', '1'], 'd')
    expect(await consume()).toEqual(['d'])
  })

  test('creates a topic by writing to it', async () => {
    const topic = uniqueName('auto')
    await kcat(['-P', '-t', topic], 'first')
    expect(await consumeAll(topic, '%s')).toEqual(['first'])
  })

  test('is told by name what is wrong', async () => {
    const topic = await newTopic({ configEntries: [{ name: 'max.message.bytes', value: '500' }] })
    await expect(kcat(['-P', '-t', topic], 'x'.repeat(1_000))).rejects.toThrow(/too large/i)
    await expect(kcat(['-C', '-t', 'not allowed!', '-e', '-p', '0'])).rejects.toThrow(/invalid topic/i)
  })
})
