import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { run } from '../brokers/child-process.ts'
import { kafkaJars, kafkaVersion } from '../brokers/kafka-jars.ts'
import { broker, suite } from '../target.ts'

const program = fileURLToPath(new URL('./Checks.java', import.meta.url))
const jars = await kafkaJars().catch((error: unknown) => {
  console.warn(`the Java suite is skipped: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
// The program is written for the clients of Kafka 4.
const javaSuite: typeof suite = jars === undefined || kafkaVersion < '4' ? suite.skip : suite

/** The checks of `Checks.java` with what each shows. */
const sentences: Record<string, string> = {
  records: 'records arrive with headers, timestamps, nulls and the leader epoch',
  codecs: 'batches of every codec are read from topics of every compression.type',
  manyBatches: 'an idempotent producer with five requests under way writes twenty thousand records in order',
  refused: 'records that are too large, or keyless on a compacted topic, are refused by name',
  groupEager: 'two members share the partitions by range, and one takes all when the other leaves',
  groupCooperative: 'the same by cooperative-sticky',
  commits: 'commits come back with metadata and leader epoch, and the group goes on there',
  positions: 'a consumer seeks, knows its lag, resets when out of range and finds offsets by time',
  adminTopics: 'an admin creates, grows, describes and deletes topics by name and by id',
  adminCluster: 'an admin describes the cluster and its log directories',
  adminConfigs: 'an admin describes and alters configs',
  adminOffsets: 'an admin lists offsets of every kind and deletes records',
  adminGroups: 'an admin lists, describes and deletes groups and their offsets',
  transactions: 'what is committed is read, in order, and what is aborted never is',
  transactionalOffsets: 'offsets are committed with what was made of the records, or not at all',
  fencing: 'a producer that takes over the transactional id fences the one before',
  adminTransactions: 'an admin describes, lists and fences transactions',
}

javaSuite("Kafka's own clients for Java", () => {
  let outcomes = new Map<string, string>()

  // One Java for all checks, as starting one takes longer than most checks do.
  beforeAll(async () => {
    const classpath = ['-cp', join(jars ?? '', '*'), '-Dorg.slf4j.simpleLogger.defaultLogLevel=off']
    const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...classpath, program, broker.bootstrap]
    const printed = await run({ file: 'java', args }, 180_000)
    outcomes = new Map(
      [...printed.matchAll(/^(ok|failed) (\w+)(.*)$/gm)].map(([, how, name, why]) => [
        `${name}`,
        `${how}${why}`,
      ]),
    )
  }, 180_000)

  for (const [check, sentence] of Object.entries(sentences)) {
    test(sentence, () => {
      expect(outcomes.get(check)).toBe('ok')
    })
  }
})
