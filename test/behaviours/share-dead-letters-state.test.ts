/** What is stored of records that a share group gives up, and what becomes of them when the broker stops meanwhile. */
import { beforeAll, expect, test } from 'vitest'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { readShareGroupState } from '../../src/wire/apis/read-share-group-state.ts'
import { readShareGroupStateSummary } from '../../src/wire/apis/read-share-group-state-summary.ts'
import { updateFeatures } from '../../src/wire/apis/update-features.ts'
import { writeShareGroupState } from '../../src/wire/apis/write-share-group-state.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, useBroker } from './broker.ts'
import { DeadLetters, EXCEEDED, REJECTED } from './dead-letters.ts'
import { REJECT, ShareMember } from './share-member.ts'

const broker = useBroker({ configs: { 'share.coordinator.state.topic.num.partitions': '1' } })
const dead = new DeadLetters(broker)

beforeAll(() => dead.prepare())

const [UPGRADE, SAFE_DOWNGRADE] = [1, 2] as const
const [ARCHIVING, ARCHIVED] = [3, 4] as const

async function setShareVersion(level: number, upgradeType: number): Promise<void> {
  const featureUpdates = [{ feature: 'share.version', maxVersionLevel: level, upgradeType }]
  const answer = await broker.ask(updateFeatures, 2, { featureUpdates, validateOnly: false })
  expect(errorName(answer.errorCode)).toBe('NONE')
  await dead.soon(async () => expect(await shareVersion()).toBe(level))
}

async function shareVersion(): Promise<number | undefined> {
  const answer = await broker.ask(apiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' })
  return answer.finalizedFeatures.find(({ name }) => name === 'share.version')?.maxVersionLevel
}

test('share.version 2, which has dead letters, is finalized in a fresh cluster', async () => {
  expect(await shareVersion()).toBe(2)
})

test('at share.version 1 there are no dead letters', async () => {
  const name = await dead.topic()
  await setShareVersion(1, SAFE_DOWNGRADE)
  const { topic, groupId, member } = await dead.scene(name)
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 3, REJECT]])).toBe('NONE')
  await dead.doneBelow({ groupId, topic }, 4)
  expect(await dead.letters(name)).toEqual([])
  await setShareVersion(2, UPGRADE)
})

test('dead letters that a leader has not written are written when the next one reads the state', async () => {
  const name = await dead.topic()
  const { topic, groupId, member } = await dead.scene(name)
  const id = { groupId, topics: [{ topicId: topic.id, partitions: [{ partition: 0, leaderEpoch: 0 }] }] }
  const { results } = await broker.ask(readShareGroupStateSummary, 1, id)
  const { stateEpoch = 0 } = results[0]?.partitions[0] ?? {}
  const batch = { deliveryState: ARCHIVING, deliveryCount: 1 }
  const state = {
    stateEpoch,
    leaderEpoch: 0,
    startOffset: 0,
    deliveryCompleteCount: 0,
    stateBatches: [
      { ...batch, firstOffset: 0, lastOffset: 1 },
      { ...batch, firstOffset: 2, lastOffset: 2, deliveryCount: 5 },
    ],
  }
  const partitions = [{ partition: 0, ...state }]
  await broker.ask(writeShareGroupState, 1, { groupId, topics: [{ topicId: topic.id, partitions }] })
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['3-3:1'] })
  await dead.soon(async () =>
    expect(await dead.letters(name)).toEqual([
      `null=a 0 1 ${REJECTED}`,
      `null=b 1 1 ${REJECTED}`,
      `null=c 2 5 ${EXCEEDED}`,
    ]),
  )
  await dead.doneBelow({ groupId, topic }, 3)
})

test('what is behind a record in use is stored as archived once it is a dead letter', async () => {
  const name = await dead.topic()
  const { topic, groupId, member } = await dead.scene(name)
  await member.fetchSome(broker)
  expect(await member.acknowledge([[1, 2, REJECT]])).toBe('NONE')
  await dead.soon(async () => expect(await dead.letters(name)).toHaveLength(2))
  const id = { groupId, topics: [{ topicId: topic.id, partitions: [{ partition: 0, leaderEpoch: 0 }] }] }
  await dead.soon(async () => {
    const { results } = await broker.ask(readShareGroupState, 0, id)
    const stored = results[0]?.partitions[0]?.stateBatches ?? []
    expect(stored.map((each) => [each.firstOffset, each.lastOffset, each.deliveryState])).toEqual([
      [1, 2, ARCHIVED],
    ])
    const summary = await broker.ask(readShareGroupStateSummary, 1, id)
    expect(summary.results[0]?.partitions[0]?.deliveryCompleteCount).toBe(2)
  })
})

// At every moment between the acknowledgement and the archiving: a rejected record is a dead letter once or twice.
for (const turns of [0, 1, 2, 3, 4, 6])
  ownTest(`a broker that is killed ${turns} turns after a rejection loses no dead letter`, async () => {
    const name = await dead.topic()
    const { topic, groupId, member } = await dead.scene(name)
    await member.fetchSome(broker)
    const acknowledged = member.acknowledge([[0, 3, REJECT]]).catch(() => 'cut off')
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    await broker.crash()
    const again = await ShareMember.join(broker, groupId, topic)
    const { acquired } = await again.fetchSome(broker)
    await broker.settle()
    const letters = new Set(await dead.letters(name))
    const told = await acknowledged
    if (acquired.length === 0) {
      expect(letters.size).toBe(4)
      await dead.doneBelow({ groupId, topic }, 4)
    } else {
      // The rejection had not been stored, and the member was not told otherwise.
      expect(told).toBe('cut off')
      expect(acquired).toEqual(['0-3:1'])
      expect(letters.size).toBe(0)
    }
  })
