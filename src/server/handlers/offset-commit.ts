import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { offsetCommit } from '../../wire/apis/offset-commit.ts'
import { answerTopic, commitKnown, mergeResults, resolveTopic } from '../committed-topics.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'

const FIRST_WITH_TOPIC_IDS = 10
const FIRST_TO_TELL_UNKNOWN_GROUP = 9
/** The last millisecond that the log's format and ours can both hold. */
const LATEST_MS = Number.MAX_SAFE_INTEGER

/**
 * Stores how far a group has read. Partitions that don't exist are told so one by one and don't hinder the others;
 * what goes wrong with the group is told for each partition that does exist.
 * Source: apache/kafka `KafkaApis.handleOffsetCommitRequest`.
 */
export function offsetCommitHandler(
  groups: GroupCoordinator,
  topics: TopicLookup,
): Handler<typeof offsetCommit> {
  return {
    api: offsetCommit,
    async handle(request, { apiVersion, connection }) {
      const hasIds = apiVersion >= FIRST_WITH_TOPIC_IDS
      const resolved = request.topics.map((topic) =>
        resolveTopic(topic, hasIds, topics, (partition) => ({
          ...partition,
          commitTimestampMs: clamped(partition.commitTimestamp),
        })),
      )
      const intent = {
        groupId: request.groupId,
        generationId: request.generationIdOrMemberEpoch,
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        retentionTimeMs: clamped(request.retentionTimeMs),
        tellsUnknownGroup: apiVersion >= FIRST_TO_TELL_UNKNOWN_GROUP,
        isTransactional: false,
      }
      const results = await commitKnown(resolved, (known) =>
        groups.commit({ ...intent, topics: known }, connection),
      )
      return { topics: mergeResults(resolved, results) }
    },
    refuse(request, error) {
      return { topics: request.topics.map((topic) => answerTopic(topic, error.code)) }
    },
  }
}

/** A time as a number: -1 stays "none", what is out of range goes to the nearest end. */
function clamped(time: bigint): number {
  if (time === -1n) return -1
  const latest = BigInt(LATEST_MS) / 2n
  return Number(time > latest ? latest : time < 0n ? 0n : time)
}
