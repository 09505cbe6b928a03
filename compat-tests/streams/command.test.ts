import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../brokers/child-process.ts'
import { newProducer, newTopic } from '../kafkajs/kafka.ts'
import { broker, suite, uniqueName } from '../target.ts'
import { toolsJars } from '../tools/tools-jars.ts'
import { jvm, startApplication, stateFolder } from './application.ts'
import { streamsJars } from './streams-jars.ts'

const jars = await Promise.all([streamsJars(), toolsJars()]).catch((error: unknown) => {
  console.warn(`StreamsGroupCommand is skipped: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
const commandSuite: typeof suite = jars === undefined ? suite.skip : suite
const [streams = '', tools = ''] = jars ?? []

/** The rows that the command prints, without their heading; words are set apart by one space. */
async function command(...args: readonly string[]): Promise<string[]> {
  const name = 'org.apache.kafka.tools.streams.StreamsGroupCommand'
  const java = [...jvm, '-Dlog4j2.level=OFF', '-cp', join(tools, '*'), name]
  const printed = await run(
    { file: 'java', args: [...java, '--bootstrap-server', broker.bootstrap, ...args] },
    60_000,
  )
  return printed.split('\n').map((line) => line.trim().replace(/ +/g, ' '))
}

commandSuite("Kafka's StreamsGroupCommand", () => {
  test('lists a streams group, describes it, resets its offsets and deletes it', async () => {
    const id = uniqueName('command')
    await newTopic({ topic: `${id}-lines`, numPartitions: 2 })
    await newTopic({ topic: `${id}-counts`, numPartitions: 1 })
    const producer = await newProducer()
    const messages = Array.from({ length: 50 }, (_, at) => ({ key: `${at}`, value: `line ${at}` }))
    await producer.send({ topic: `${id}-lines`, messages })
    const application = startApplication(
      streams,
      { kind: 'words', protocol: 'streams', id },
      await stateFolder(),
    )
    await application.printed(/^running$/m, 60_000)
    expect(await command('--list', '--state')).toContain(`${id} Stable`)
    const tasks = (await command('--describe', '--members', '--verbose', '--group', id)).join(' ')
    for (const task of ['0:[0]', '0:[1]', '1:[0]', '1:[1]']) expect(tasks).toContain(task)
    const topics = (await command('--describe', '--group', id)).map((row) =>
      row.split(' ').slice(1, 3).join(' '),
    )
    for (const partition of [0, 1]) expect(topics).toContain(`${id}-lines ${partition}`)
    await application.terminate(60_000)
    const reset = ['--reset-offsets', '--to-earliest', '--execute', '--all-input-topics']
    const rows = await command(...reset, '--group', id)
    for (const partition of [0, 1]) expect(rows).toContain(`${id} ${id}-lines ${partition} 0`)
    expect((await command('--delete', '--group', id)).join(' ')).toContain('was successful')
    expect((await command('--list')).filter((row) => row.startsWith(id))).toEqual([])
  }, 180_000)
})
