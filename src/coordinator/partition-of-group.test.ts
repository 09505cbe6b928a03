import { expect, test } from 'vitest'
import { partitionOfGroup } from './partition-of-group.ts'

test('a group lies in the partition where Kafka 4.4 puts it', () => {
  const seenInKafka = {
    '': 0,
    ret: 1,
    jg3: 10,
    simple1: 15,
    jv0: 22,
    simple: 26,
    jv4: 26,
    pi: 27,
    st: 31,
    neg: 44,
  }
  for (const [groupId, partition] of Object.entries(seenInKafka))
    expect([groupId, partitionOfGroup(groupId, 50)]).toEqual([groupId, partition])
})

test('the one hash that has no positive twin counts as zero', () => {
  expect(partitionOfGroup('polygenelubricants', 50)).toBe(0)
})
