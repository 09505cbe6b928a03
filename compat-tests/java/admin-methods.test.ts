import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { run } from '../brokers/child-process.ts'
import { kafkaJars, kafkaVersion } from '../brokers/kafka-jars.ts'
import { broker, suite } from '../target.ts'

const program = fileURLToPath(new URL('./AdminMethods.java', import.meta.url))
const jars = await kafkaJars().catch((error: unknown) => {
  console.warn(`the Java suite is skipped: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
// Which methods there are is a matter of the release.
const methodsSuite: typeof suite = jars === undefined || kafkaVersion < '4.4' ? suite.skip : suite

/** The checks of `AdminMethods.java` with what each shows. */
const sentences: Record<string, string> = {
  topics: 'an admin makes, grows, lists and deletes topics and deletes records',
  configs: 'an admin alters, describes and lists configs of topics, groups and client metrics',
  quotas: 'an admin alters and describes client quotas',
  credentials: 'an admin alters and describes SCRAM credentials',
  logDirs: 'an admin describes log directories and moves no replica to one that there is not',
  replicas: 'an admin elects leaders and reassigns partitions, as far as one broker goes',
  features: 'an admin describes features and updates none beyond what is supported',
  quorum: 'an admin describes the quorum, whose voters stay',
  nodes: 'an admin describes the cluster and unregisters no node that there is not',
  classicGroups: 'an admin describes classic groups, removes members and offsets',
  shareGroups: 'an admin describes share groups, alters and deletes their offsets',
  streamsGroups: 'an admin alters, lists and deletes offsets of streams groups',
  transactions: 'an admin aborts, terminates and fences transactions',
  security: 'an admin is told that ACLs and delegation tokens need security',
  telemetry: 'an admin pushes metrics under an id from the broker',
  every: 'there is no method of the admin that is not called above',
}

methodsSuite("Every method of Kafka's admin for Java", () => {
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
