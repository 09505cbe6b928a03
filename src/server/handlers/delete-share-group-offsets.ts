import { deleteShareGroupOffsets } from '../../wire/apis/delete-share-group-offsets.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Handler } from '../handler.ts'
import type { ShareOffsetsDependencies } from './describe-share-group-offsets.ts'

/** Forgets from where a share group that nobody is in delivers, topic by topic (KIP-932). */
export function deleteShareGroupOffsetsHandler({
  groups,
  topics: lookup,
  requireShareGroups,
}: Pick<ShareOffsetsDependencies, 'groups' | 'topics' | 'requireShareGroups'>): Handler<
  typeof deleteShareGroupOffsets
> {
  return {
    api: deleteShareGroupOffsets,
    async handle({ groupId, topics }) {
      requireShareGroups()
      if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
      const topicIds = topics.flatMap(({ topicName }) => lookup.topicId(topicName) ?? [])
      const results = await groups.shareGroups(groupId).deleteOffsets(groupId, topicIds)
      return {
        errorCode: NONE,
        responses: topics.map(({ topicName }) => {
          const topicId = lookup.topicId(topicName)
          const error =
            topicId === undefined ? new KafkaError('UNKNOWN_TOPIC_OR_PARTITION') : results.get(topicId)
          return {
            topicName,
            topicId: topicId ?? ZERO_UUID,
            errorCode: error?.code ?? NONE,
            errorMessage: error?.message ?? null,
          }
        }),
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, responses: [] }),
  }
}
