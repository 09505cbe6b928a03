/**
 * Record type 16 in `__consumer_offsets`: the topics that a consumer group's regular expression matched (KIP-848).
 */
import { array, int64, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const consumerGroupRegularExpressionRecord = coordinatorRecord({
  type: 16,
  name: 'ConsumerGroupRegularExpression',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, regularExpression: string },
  value: { topics: array(string), version: int64, timestamp: int64 },
})
