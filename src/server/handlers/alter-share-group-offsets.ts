import { alterShareGroupOffsets } from '../../wire/apis/alter-share-group-offsets.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'
import type { ShareOffsetsDependencies } from './describe-share-group-offsets.ts'

type RequestTopic = RequestOf<typeof alterShareGroupOffsets>['topics'][number]
type TopicAnswer = ResponseOf<typeof alterShareGroupOffsets>['responses'][number]

/** Sets from where a share group that nobody is in delivers (KIP-932). */
export function alterShareGroupOffsetsHandler({
  groups,
  topics: lookup,
  requireShareGroups,
}: Pick<ShareOffsetsDependencies, 'groups' | 'topics' | 'requireShareGroups'>): Handler<
  typeof alterShareGroupOffsets
> {
  return {
    api: alterShareGroupOffsets,
    async handle({ groupId, topics }) {
      requireShareGroups()
      if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
      const shareGroups = groups.shareGroups(groupId)
      shareGroups.requireNobody(groupId)
      const wishes = topics.map((topic) => wishOf(topic, lookup))
      const results = await shareGroups.alterOffsets(groupId, wishes)
      return {
        errorCode: NONE,
        responses: topics.map((topic, at) =>
          answer(topic, lookup, wishes[at]?.partitions ?? [], results[at] ?? []),
        ),
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, responses: [] }),
  }
}

/** The partitions that exist, with where each is to start. */
function wishOf({ topicName, partitions }: RequestTopic, lookup: TopicLookup) {
  const count = lookup.partitionCount(topicName) ?? 0
  const known = partitions.filter(({ partitionIndex }) => partitionIndex >= 0 && partitionIndex < count)
  return {
    topicId: lookup.topicId(topicName) ?? ZERO_UUID,
    topicName,
    partitions: known.map(({ partitionIndex }) => partitionIndex),
    startOffsets: known.map(({ startOffset }) => startOffset),
  }
}

function answer(
  { topicName, partitions }: RequestTopic,
  lookup: TopicLookup,
  tried: readonly number[],
  results: readonly (KafkaError | undefined)[],
): TopicAnswer {
  return {
    topicName,
    topicId: lookup.topicId(topicName) ?? ZERO_UUID,
    partitions: partitions.map(({ partitionIndex }) => {
      const at = tried.indexOf(partitionIndex)
      const error = at === -1 ? new KafkaError('UNKNOWN_TOPIC_OR_PARTITION') : results[at]
      return { partitionIndex, errorCode: error?.code ?? NONE, errorMessage: error?.message ?? null }
    }),
  }
}
