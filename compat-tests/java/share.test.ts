import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { run } from '../brokers/child-process.ts'
import { kafkaJars, kafkaVersion } from '../brokers/kafka-jars.ts'
import { broker, suite } from '../target.ts'

const program = fileURLToPath(new URL('./ShareChecks.java', import.meta.url))
const jars = await kafkaJars().catch((error: unknown) => {
  console.warn(`the Java suite is skipped: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
// Share consumers come with the clients of Kafka 4.2, and so do the brokers that serve them.
const shareSuite: typeof suite = jars === undefined || kafkaVersion < '4.2' ? suite.skip : suite

/** The checks of `ShareChecks.java` with what each shows. */
const sentences: Record<string, string> = {
  implicit: 'a share consumer reads every record once, and what it goes on from is acknowledged',
  explicit: 'records are accepted, rejected, and released to come again with their count',
  two: 'two share consumers share one partition, and no record comes twice',
  dies: 'what a consumer had that closes goes to another',
  adminShareGroups: 'an admin describes, resets, lists and deletes share groups',
  // Since Kafka 4.4 (KIP-1191).
  ...(kafkaVersion < '4.4'
    ? {}
    : { deadLetters: 'what a share group gives up lies in its dead-letter topic, with why' }),
}

shareSuite("Kafka's share consumer for Java", () => {
  let outcomes = new Map<string, string>()

  // One Java for all checks, as starting one takes longer than most checks do.
  beforeAll(async () => {
    const classpath = ['-cp', join(jars ?? '', '*'), '-Dorg.slf4j.simpleLogger.defaultLogLevel=off']
    const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...classpath, program, broker.bootstrap]
    const printed = await run({ file: 'java', args }, 240_000)
    outcomes = new Map(
      [...printed.matchAll(/^(ok|failed) (\w+)(.*)$/gm)].map(([, how, name, why]) => [
        `${name}`,
        `${how}${why}`,
      ]),
    )
  }, 240_000)

  for (const [check, sentence] of Object.entries(sentences)) {
    test(sentence, () => {
      expect(outcomes.get(check)).toBe('ok')
    })
  }
})
