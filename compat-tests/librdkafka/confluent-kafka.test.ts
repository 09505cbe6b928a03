import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { run } from '../brokers/child-process.ts'
import { Missing } from '../foreign/cache.ts'
import { pythonWith } from '../foreign/python.ts'
import { broker, suite } from '../target.ts'

const checks = fileURLToPath(new URL('./checks.py', import.meta.url))
const requirements = fileURLToPath(new URL('./requirements.txt', import.meta.url))
const python = await pythonWith(requirements).catch((error: unknown) => {
  if (!(error instanceof Missing)) throw error
  console.warn(`the confluent-kafka suite is skipped: ${error.message}`)
  return undefined
})
const confluentSuite: typeof suite = python === undefined ? suite.skip : suite

/** The checks of `checks.py` with what each shows. */
const sentences: Record<string, string> = {
  delivery_reports: 'delivery reports tell the offset of every record',
  idempotent: 'an idempotent producer with many batches under way writes once and in order',
  compression: 'batches of all codecs lie side by side',
  records_as_sent: 'null and empty keys, values and headers stay what they are',
  refused:
    'records that are too large, keyless on a compacted topic, or for no partition are refused by name',
  end_of_partition: 'the end of a partition is told under both isolation levels, of an empty one too',
  watermarks_and_times: 'watermarks and offsets by time are told',
  commits: 'commits come back with their metadata, and fail for each unknown partition',
  seek_pause_resume: 'seek, pause and resume do what they say',
  out_of_range: 'an offset below the log start or beyond the end is out of range',
  rebalance_range: 'two members share the partitions by range, and one takes all when the other leaves',
  rebalance_roundrobin: 'the same by roundrobin',
  rebalance_cooperative: 'the same by cooperative-sticky',
  static_member: 'a static member that closes and comes back keeps its partition',
  regex: 'a regular expression subscribes to the topics that match',
  new_protocol: 'members of the new protocol share the partitions, and one takes all when the other leaves',
  new_protocol_commits: 'the same commit, and go on where they were',
  new_protocol_regex: 'the same subscribe to the topics that match a regular expression',
  unknown_topic: 'a topic that nobody has made is reported, and not made',
  admin_topics: 'an admin creates, grows, describes and deletes topics',
  admin_cluster: 'an admin describes the cluster',
  admin_configs: 'an admin describes and alters configs',
  admin_offsets: 'an admin lists offsets and deletes records',
  admin_groups: 'an admin lists, describes and deletes groups, and alters their offsets',
}

confluentSuite('confluent-kafka for Python (librdkafka)', () => {
  for (const [check, sentence] of Object.entries(sentences)) {
    test(sentence, async () => {
      await run({ file: python ?? '', args: [checks, broker.bootstrap, check] }, 60_000)
    })
  }
})
