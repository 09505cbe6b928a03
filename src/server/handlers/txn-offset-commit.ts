import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import type { OffsetCommit, TopicResult } from '../../coordinator/offsets/offset-decisions.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { CONSUMER_OFFSETS } from '../../replication/topic-name.ts'
import { txnOffsetCommit } from '../../wire/apis/txn-offset-commit.ts'
import { errorCodes, KafkaError } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import { answerTopic, commitKnown, mergeResults, resolveTopic } from '../committed-topics.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'
import { askConsent, consentError, needsConsent } from '../transactions/consent.ts'

const FIRST_TO_KNOW_LOADING = 2
const FIRST_TO_KNOW_ABORTABLE = 4
const FIRST_TO_ADD_PARTITIONS = 5
const FIRST_WITH_TOPIC_IDS = 6

type Request = RequestOf<typeof txnOffsetCommit>
type Commit = () => readonly TopicResult[] | Promise<readonly TopicResult[]>

export interface TxnOffsetCommitParts {
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly partitions: Partitions
  readonly topics: TopicLookup
  /** transaction.partition.verification.enable */
  readonly verifyPartitions: () => boolean
}

/**
 * Stores a group's offsets as part of a transaction: they count once it is committed. The partition that holds them
 * must be in the transaction; from v5 on it is added here. Source: apache/kafka `KafkaApis.handleTxnOffsetCommitRequest`,
 * `CoordinatorRuntime.scheduleTransactionalWriteOperation`.
 */
export function txnOffsetCommitHandler(parts: TxnOffsetCommitParts): Handler<typeof txnOffsetCommit> {
  return {
    api: txnOffsetCommit,
    async handle(request, context) {
      const { apiVersion, connection } = context
      const hasIds = apiVersion >= FIRST_WITH_TOPIC_IDS
      const resolved = request.topics.map((topic) =>
        resolveTopic(topic, hasIds, parts.topics, (partition) => ({ ...partition, commitTimestampMs: -1 })),
      )
      const results = await commitKnown(resolved, (known) => {
        if (request.groupId === '') throw new KafkaError('INVALID_GROUP_ID')
        const intent = intentOf(request, context, known)
        const { producerId, producerEpoch } = request
        return withConsent(request, apiVersion, parts, () =>
          parts.groups.commit(intent, connection, { producerId, producerEpoch }),
        )
      })
      return { topics: mergeResults(resolved, knownLoading(results, apiVersion)) }
    },
    refuse: ({ topics }, error) => ({ topics: topics.map((topic) => answerTopic(topic, error.code)) }),
  }
}

function intentOf(
  request: Request,
  { apiVersion }: RequestContext,
  topics: OffsetCommit['topics'],
): OffsetCommit {
  return {
    groupId: request.groupId,
    generationId: request.generationIdOrMemberEpoch,
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    retentionTimeMs: -1,
    topics,
    tellsUnknownGroup: apiVersion >= FIRST_WITH_TOPIC_IDS,
    isTransactional: true,
  }
}

/** Commits in the very moment in which the coordinator agrees: later a marker might have ended the transaction. */
function withConsent(
  request: Request,
  apiVersion: number,
  { groups, transactions, partitions, verifyPartitions }: TxnOffsetCommitParts,
  commit: Commit,
): ReturnType<Commit> {
  const { transactionalId, groupId, producerId, producerEpoch } = request
  const index = groups.partitionOf(groupId)
  const partition = partitions.get(CONSUMER_OFFSETS, index)
  const adds = apiVersion >= FIRST_TO_ADD_PARTITIONS
  if (partition === undefined || !needsConsent(partition, request, adds, verifyPartitions)) return commit()
  const member = { transactionalId, producerId, producerEpoch }
  const added = new Map([[CONSUMER_OFFSETS, new Set([index])]])
  return new Promise((resolve, reject) => {
    askConsent(transactions, member, added, adds, (refusalOf) => {
      const refusal = refusalOf(CONSUMER_OFFSETS, index)
      if (refusal === undefined) attempt(commit).then(resolve, reject)
      else reject(consentError(refusal, apiVersion >= FIRST_TO_KNOW_ABORTABLE))
    })
  })
}

/** Runs at once; what it throws is a rejection. */
async function attempt(commit: Commit): Promise<readonly TopicResult[]> {
  return await commit()
}

/** The oldest clients don't know that a coordinator may be loading. */
function knownLoading(
  results: readonly TopicResult[] | KafkaError,
  apiVersion: number,
): readonly TopicResult[] | KafkaError {
  const isLoading = results instanceof KafkaError && results.code === errorCodes.COORDINATOR_LOAD_IN_PROGRESS
  return isLoading && apiVersion < FIRST_TO_KNOW_LOADING
    ? new KafkaError('COORDINATOR_NOT_AVAILABLE')
    : results
}
