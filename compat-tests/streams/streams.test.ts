import { expect, test } from 'vitest'
import type { Inbox } from '../inbox.ts'
import { newConsumer, newProducer, newTopic, type Received, receive } from '../kafkajs/kafka.ts'
import { suite, uniqueName } from '../target.ts'
import { type Application, startApplication, stateFolder } from './application.ts'
import { streamsJars } from './streams-jars.ts'

const jars = await streamsJars().catch((error: unknown) => {
  console.warn(
    `the Kafka Streams suite is skipped: ${error instanceof Error ? error.message : String(error)}`,
  )
  return undefined
})
const streamsSuite: typeof suite = jars === undefined ? suite.skip : suite

const LATE_MS = 60_000
const TEST_MS = 240_000
const LINES_PER_ROUND = 300

for (const protocol of ['classic', 'streams']) {
  streamsSuite(`Kafka Streams (${protocol})`, () => {
    test(
      `every word is counted once in exactly_once_v2, through kills and lost stores: group.protocol=${protocol}`,
      async () => {
        const id = uniqueName(`words-${protocol}`)
        await newTopic({ topic: `${id}-lines`, numPartitions: 4 })
        await newTopic({ topic: `${id}-counts`, numPartitions: 2 })
        const producer = await newProducer()
        const counted = new Map<string, number>()
        const send = async (round: number) => {
          const lines = Array.from({ length: LINES_PER_ROUND }, (_, at) => lineOf(round, at))
          for (const word of lines.flatMap((line) => line.split(' ')))
            counted.set(word, (counted.get(word) ?? 0) + 1)
          const messages = lines.map((value, at) => ({ key: `line-${at}`, value }))
          await producer.send({ topic: `${id}-lines`, messages })
        }
        const counts = await receive(newConsumer(), [`${id}-counts`])
        await throughRestarts({
          kind: 'words',
          protocol,
          id,
          send,
          output: counts,
          perRound: 3 * LINES_PER_ROUND,
        })
        // No cache holds counts back, so each input shows: 1, 2, 3… for every word, no count twice and none left out.
        for (const [word, total] of counted) {
          const seen = counts.items.filter(({ key }) => key === word).map(({ value }) => Number(value))
          expect(seen, word).toEqual(Array.from({ length: total }, (_, at) => at + 1))
        }
      },
      TEST_MS,
    )

    test(
      `every order meets its payment once in exactly_once_v2, whatever happens: group.protocol=${protocol}`,
      async () => {
        const id = uniqueName(`join-${protocol}`)
        await newTopic({ topic: `${id}-orders`, numPartitions: 2 })
        await newTopic({ topic: `${id}-payments`, numPartitions: 3 })
        await newTopic({ topic: `${id}-paid`, numPartitions: 1 })
        const producer = await newProducer()
        // A payment comes one round after its order: only the store knows the order by then.
        const send = async (round: number) => {
          const messages = (what: string, of: number) =>
            Array.from({ length: LINES_PER_ROUND }, (_, at) => ({
              key: `${at}`,
              value: `${of * LINES_PER_ROUND + at} ${what}`,
            }))
          await producer.send({ topic: `${id}-orders`, messages: messages('order', round) })
          await producer.send({ topic: `${id}-payments`, messages: messages('payment', round - 1) })
        }
        const paid = await receive(newConsumer(), [`${id}-paid`])
        const rounds = await throughRestarts({
          kind: 'join',
          protocol,
          id,
          send,
          output: paid,
          perRound: LINES_PER_ROUND,
          roundsBehind: 1,
        })
        const values = paid.items.map(({ value }) => value).sort()
        const expected = Array.from(
          { length: (rounds - 1) * LINES_PER_ROUND },
          (_, at) => `${at} order / ${at} payment`,
        )
        expect(values).toEqual(expected.sort())
      },
      TEST_MS,
    )
  })
}

interface Run extends Application {
  /** Sends the input of one round. */
  readonly send: (round: number) => Promise<void>
  readonly output: Inbox<Received>
  /** Records that each round of input makes. */
  readonly perRound: number
  /** Rounds that make no output yet. */
  readonly roundsBehind?: number
}

/** Sends rounds of input to an application that is killed at work, ended at work, and loses its stores. */
async function throughRestarts(run: Run): Promise<number> {
  const { send, output, perRound, roundsBehind = 0 } = run
  const all = (rounds: number) => (rounds - roundsBehind) * perRound
  const folder = await stateFolder()
  const start = (stores: string) => startApplication(jars ?? '', run, stores)
  const first = start(folder)
  await first.printed(/^running$/m, LATE_MS)
  await send(0)
  await send(1)
  await output.count(all(1) + 1, LATE_MS)
  await first.kill()
  const second = start(folder)
  await send(2)
  await output.count(all(3) - perRound + 1, LATE_MS)
  await second.terminate(LATE_MS)
  const third = start(await stateFolder())
  await send(3)
  await output.count(all(4), LATE_MS)
  const fourth = start(folder)
  await fourth.printed(/^running$/m, LATE_MS)
  await send(4)
  await output.count(all(5), LATE_MS)
  await third.terminate(LATE_MS)
  await send(5)
  await output.count(all(6), LATE_MS)
  await fourth.terminate(LATE_MS)
  for (const { output: printed } of [first, second, third, fourth]) expect(printed).not.toMatch(/^failed$/m)
  return 6
}

/** Three words out of seventeen, the same for the same line. */
function lineOf(round: number, at: number): string {
  const word = (step: number) => `word-${(round * 31 + at * step + step) % 17}`
  return `${word(1)} ${word(5)} ${word(11)}`
}
