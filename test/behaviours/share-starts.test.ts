import { expect, test } from 'vitest'
import { alterShareGroupOffsets } from '../../src/wire/apis/alter-share-group-offsets.ts'
import { describeShareGroupOffsets } from '../../src/wire/apis/describe-share-group-offsets.ts'
import { useBroker } from './broker.ts'
import { batch, newTopic, produced } from './requests.ts'
import { newShareGroup, ShareMember } from './share-member.ts'

const broker = useBroker({ configs: { 'share.coordinator.state.topic.num.partitions': '1' } })

/** A share group that was told to begin at an offset of a topic with three records. */
async function beginAt(startOffset: number) {
  const topic = await newTopic(broker)
  const groupId = await newShareGroup(broker)
  await produced(broker, topic, batch(broker, ['a', 'b', 'c']))
  const topics = [{ topicName: topic.name, partitions: [{ partitionIndex: 0, startOffset }] }]
  await broker.eventually(async () => {
    const { errorCode, responses } = await broker.ask(alterShareGroupOffsets, 0, { groupId, topics })
    expect([errorCode, responses[0]?.partitions[0]?.errorCode]).toEqual([0, 0])
  })
  return { topic, groupId }
}

test('any number is a start offset, and the lag is counted from there', async () => {
  const lags: [number, number | undefined, bigint | undefined][] = []
  const largest = Number.MAX_SAFE_INTEGER
  for (const startOffset of [0, 2, 4, -1, -2, -largest, largest]) {
    const { groupId } = await beginAt(startOffset)
    const { groups } = await broker.ask(describeShareGroupOffsets, 1, { groups: [{ groupId, topics: null }] })
    const partition = groups[0]?.topics[0]?.partitions[0]
    lags.push([startOffset, partition?.startOffset, partition?.lag])
  }
  expect(lags).toEqual([
    [0, 0, 3n],
    [2, 2, 1n],
    [4, 4, -1n],
    [-1, -1, -1n],
    [-2, -2, 5n],
    [-largest, -largest, 9_007_199_254_740_994n],
    [largest, largest, -9_007_199_254_740_988n],
  ])
})

test('a group that begins before its log gets the log from where it begins', async () => {
  const { topic, groupId } = await beginAt(-7)
  const member = await ShareMember.join(broker, groupId, topic)
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-2:1'] })
})
