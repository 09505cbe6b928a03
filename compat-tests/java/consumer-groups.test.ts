import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { run } from '../brokers/child-process.ts'
import { kafkaJars, kafkaVersion } from '../brokers/kafka-jars.ts'
import { broker, suite } from '../target.ts'

const program = fileURLToPath(new URL('./ConsumerGroups.java', import.meta.url))
const jars = await kafkaJars().catch((error: unknown) => {
  console.warn(`the Java suite is skipped: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
const javaSuite: typeof suite = jars === undefined || kafkaVersion < '4' ? suite.skip : suite

/** The checks of `ConsumerGroups.java` with what each shows. */
const sentences: Record<string, string> = {
  sharing: 'two members share the partitions, and one takes all when the other leaves',
  range: 'members choose the range assignor of the broker',
  pattern: 'a pattern in the syntax of RE2 is subscribed to',
  statics: 'a static member that comes back has what it had, and nobody notices',
  commits: 'commits come back with metadata and leader epoch, and the group goes on there',
  upAndDown: 'a classic group takes in a consumer of the new protocol and becomes a classic one again',
  described: 'an admin describes and lists the group',
}

javaSuite("Kafka's own consumers of the new group protocol", () => {
  let outcomes = new Map<string, string>()

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

  test.each(Object.entries(sentences))('%s: %s', (check) => {
    expect(outcomes.get(check)).toBe('ok')
  })
})
