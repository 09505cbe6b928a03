import type { LocalReplica, Partitions } from '../../replication/partitions.ts'
import { describeLogDirs } from '../../wire/apis/describe-log-dirs.ts'
import { NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof describeLogDirs>
type TopicAnswer = ResponseOf<typeof describeLogDirs>['results'][number]['topics'][number]

export interface DescribedDirectory {
  /** As an operator knows it. */
  readonly path: string
  space(): { readonly freeBytes: number; readonly totalBytes: number } | undefined
}

/** Says how much each partition takes in the broker's one data directory. */
export function describeLogDirsHandler(
  partitions: Partitions,
  directory: DescribedDirectory,
): Handler<typeof describeLogDirs> {
  return {
    api: describeLogDirs,
    handle(request) {
      const space = directory.space()
      return {
        errorCode: NONE,
        results: [
          {
            errorCode: NONE,
            logDir: directory.path,
            topics: byTopic(selected(request, partitions)),
            ...(space === undefined ? {} : { totalBytes: space.totalBytes, usableBytes: space.freeBytes }),
          },
        ],
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, results: [] }),
  }
}

/** Partitions that aren't here are left out, as in Kafka. */
function selected({ topics }: Request, partitions: Partitions): readonly LocalReplica[] {
  if (topics === null) return [...partitions.replicas()]
  return topics.flatMap(({ topic, partitions: indexes }) =>
    indexes.flatMap((index) => partitions.replica(topic, index) ?? []),
  )
}

function byTopic(replicas: readonly LocalReplica[]): TopicAnswer[] {
  const topics = new Map<string, TopicAnswer['partitions'][number][]>()
  for (const { topic, index, sizeBytes } of replicas) {
    const rows = topics.get(topic) ?? []
    topics.set(topic, rows)
    // No replica is being moved here, and this broker's own replica is never behind itself.
    rows.push({ partitionIndex: index, partitionSize: sizeBytes, offsetLag: 0, isFutureKey: false })
  }
  return [...topics].map(([name, rows]) => ({ name, partitions: rows }))
}
