import type { KafkaError } from '../wire/errors.ts'

/** What is told of a group that can't be described, by all descriptions of groups since KIP-848. */
export function undescribedGroup(groupId: string, { code, message }: KafkaError) {
  return {
    errorCode: code,
    errorMessage: message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    members: [],
  }
}
