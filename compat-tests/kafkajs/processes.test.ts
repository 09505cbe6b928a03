import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { Inbox } from '../inbox.ts'
import { broker, suite, uniqueName } from '../target.ts'
import type { Report } from './consumer-process.ts'
import { newProducer, newTopic } from './kafka.ts'

const program = fileURLToPath(new URL('./consumer-process.ts', import.meta.url))

interface Member {
  readonly process: ChildProcess
  readonly reports: Inbox<Report>
  /** Waits until the newest assignment has that many partitions. */
  hasPartitions(count: number): Promise<void>
  processed(): string[]
}

function startMember(topic: string, groupId: string): Member {
  const child = fork(program, [broker.bootstrap, topic, groupId], { execArgv: ['--import', 'tsx'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const reports = new Inbox<Report>()
  child.on('message', (message) => reports.push(parse(message)))
  return {
    process: child,
    reports,
    hasPartitions: async (count) => {
      await reports.until(`an assignment of ${count} partitions`, (all) => {
        const newest = all.findLast((report) => report.kind === 'assigned')
        return newest?.kind === 'assigned' && newest.partitions.length === count
      })
    },
    processed: () => reports.items.flatMap((report) => (report.kind === 'processed' ? [report.value] : [])),
  }
}

function parse(message: unknown): Report {
  if (typeof message === 'object' && message !== null) {
    if ('value' in message) return { kind: 'processed', value: String(message.value) }
    if ('partitions' in message && Array.isArray(message.partitions)) {
      return { kind: 'assigned', partitions: message.partitions.map(Number) }
    }
  }
  throw new Error(`a member reported ${JSON.stringify(message)}`)
}

suite('kafkajs consumers in processes of their own', () => {
  test('when one is killed, the survivor processes what it left and all that comes', async () => {
    const topic = await newTopic({ numPartitions: 4 })
    const groupId = uniqueName('group')
    const [survivor, victim] = [startMember(topic, groupId), startMember(topic, groupId)]
    await Promise.all([survivor.hasPartitions(2), victim.hasPartitions(2)])

    const producer = await newProducer()
    const sent: string[] = []
    const send = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const messages = [0, 1, 2, 3].map((partition) => ({ partition, value: `${sent.length + partition}` }))
        sent.push(...messages.map(({ value }) => value))
        await producer.send({ topic, messages })
      }
    }
    await send(20)
    await victim.reports.until('the first record', () => victim.processed().length > 0)
    victim.process.kill('SIGKILL')
    await once(victim.process, 'exit')
    await send(20)
    await survivor.hasPartitions(4)
    await send(20)

    await survivor.reports.until(
      'every record',
      () => new Set([...survivor.processed(), ...victim.processed()]).size === sent.length,
    )
    expect(sent).toHaveLength(240)
    expect(survivor.processed().length).toBeGreaterThanOrEqual(160)
  })

  test('a group whose every member was killed goes on with a new one', async () => {
    const topic = await newTopic({ numPartitions: 2 })
    const groupId = uniqueName('group')
    const producer = await newProducer()
    const first = startMember(topic, groupId)
    await first.hasPartitions(2)
    first.process.kill('SIGKILL')
    await once(first.process, 'exit')
    await producer.send({ topic, messages: [{ value: 'left behind' }] })
    const second = startMember(topic, groupId)
    await second.hasPartitions(2)
    await second.reports.until('the record', () => second.processed().includes('left behind'))
  })
})
