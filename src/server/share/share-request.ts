import { KafkaError } from '../../wire/errors.ts'

/** Who sends ShareFetch or ShareAcknowledge. */
export interface ShareMember {
  readonly groupId: string
  readonly memberId: string
}

const MAX_MEMBER_ID_LENGTH = 36

/** INVALID_REQUEST without a group, or without a member id of a fitting length. Any name of a group will do. */
export function requireMember(groupId: string | null, memberId: string | null): ShareMember {
  if (groupId === null || memberId === null || memberId === '' || memberId.length > MAX_MEMBER_ID_LENGTH)
    throw new KafkaError('INVALID_REQUEST')
  return { groupId, memberId }
}

/** Rows in order, those of one topic together under it. */
export function byTopic<Row>(
  rows: readonly { readonly topicId: string; readonly row: Row }[],
): { topicId: string; partitions: Row[] }[] {
  const topics = new Map<string, { topicId: string; partitions: Row[] }>()
  for (const { topicId, row } of rows) {
    const topic = topics.get(topicId) ?? { topicId, partitions: [] }
    topics.set(topicId, topic)
    topic.partitions.push(row)
  }
  return [...topics.values()]
}
