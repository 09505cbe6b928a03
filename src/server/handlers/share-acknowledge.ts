import { shareAcknowledge } from '../../wire/apis/share-acknowledge.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { LeaderHints } from '../leader-hint.ts'
import { type Acknowledged, acknowledgeTopics } from '../share/acknowledge-topics.ts'
import { byTopic, requireMember, type ShareMember } from '../share/share-request.ts'
import { FINAL_EPOCH, INITIAL_EPOCH } from '../share/share-sessions.ts'
import type { ShareHandlerDependencies } from './share-fetch.ts'

/**
 * Takes acknowledgements without fetching; with the final epoch the session ends, and what the member still has is free.
 * Sources: KIP-932; apache/kafka `KafkaApis.handleShareAcknowledgeRequest`.
 */
export function shareAcknowledgeHandler(
  dependencies: ShareHandlerDependencies,
): Handler<typeof shareAcknowledge> {
  const { share, requireShareGroups } = dependencies
  return {
    api: shareAcknowledge,
    async handle({ groupId, memberId, shareSessionEpoch: epoch, isRenewAck, topics }, context) {
      requireShareGroups()
      const member = requireMember(groupId, memberId)
      if (epoch === INITIAL_EPOCH) throw new KafkaError('INVALID_SHARE_SESSION_EPOCH')
      const session = share.sessions.use(member.groupId, member.memberId, epoch)
      const acknowledged = await acknowledgeTopics({ ...member, renews: isRenewAck }, topics, share.shares)
      if (epoch === FINAL_EPOCH) await share.sessions.end(session)
      return response(member, acknowledged, context, dependencies)
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      errorMessage: error.message,
      acquisitionLockTimeoutMs: 0,
      responses: [],
      nodeEndpoints: [],
    }),
  }
}

function response(
  { groupId }: ShareMember,
  acknowledged: readonly Acknowledged[],
  { apiVersion, connection }: RequestContext,
  { share, metadata, endpoints }: ShareHandlerDependencies,
): ResponseOf<typeof shareAcknowledge> {
  const hints = new LeaderHints(metadata.image, endpoints, connection)
  const rows = acknowledged.map(({ id: { topicId, partition }, error }) => {
    const errorCode = error?.code ?? NONE
    const row = {
      partitionIndex: partition,
      errorCode,
      errorMessage: error?.message ?? null,
      currentLeader: hints.ofShared(topicId, partition, errorCode),
    }
    return { topicId, row }
  })
  return {
    errorCode: NONE,
    ...(apiVersion >= 2 ? { acquisitionLockTimeoutMs: share.config(groupId).lockDurationMs } : {}),
    responses: byTopic(rows),
    nodeEndpoints: hints.nodeEndpoints,
  }
}
