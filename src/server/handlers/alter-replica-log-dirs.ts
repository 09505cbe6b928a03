/**
 * AlterReplicaLogDirs v0–2: moves replicas to another data directory of the broker. There is one directory, so a replica
 * is either where it is wished or wished where nothing is. v2 is flexible.
 */
import type { Partitions } from '../../replication/partitions.ts'
import { alterReplicaLogDirs } from '../../wire/apis/alter-replica-log-dirs.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof alterReplicaLogDirs>

export function alterReplicaLogDirsHandler(
  partitions: Partitions,
  directory: { readonly path: string },
): Handler<typeof alterReplicaLogDirs> {
  return {
    api: alterReplicaLogDirs,
    handle: (request) => answer(request, (path, topic, index) => code(path, topic, index)),
    refuse: (request, error) => answer(request, () => error.code),
  }

  function code(path: string, topic: string, index: number): number {
    if (path !== directory.path) return errorCodes.LOG_DIR_NOT_FOUND
    return partitions.replica(topic, index) === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : NONE
  }
}

/** One row for each partition; of several wishes for the same one the last counts, as in Kafka. */
function answer({ dirs }: Request, codeOf: (path: string, topic: string, index: number) => number) {
  const codes = new Map<string, Map<number, number>>()
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      const rows = codes.get(name) ?? new Map<number, number>()
      codes.set(name, rows)
      for (const index of partitions) rows.set(index, codeOf(path, name, index))
    }
  }
  return {
    results: [...codes].map(([topicName, rows]) => ({
      topicName,
      partitions: [...rows].map(([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
    })),
  }
}
