import { describe, expect, test } from 'vitest'
import { addRaftVoter } from '../../src/wire/apis/add-raft-voter.ts'
import { alterPartitionReassignments } from '../../src/wire/apis/alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from '../../src/wire/apis/alter-replica-log-dirs.ts'
import { describeLogDirs } from '../../src/wire/apis/describe-log-dirs.ts'
import { describeQuorum } from '../../src/wire/apis/describe-quorum.ts'
import { electLeaders } from '../../src/wire/apis/elect-leaders.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { listConfigResources } from '../../src/wire/apis/list-config-resources.ts'
import { listPartitionReassignments } from '../../src/wire/apis/list-partition-reassignments.ts'
import { removeRaftVoter } from '../../src/wire/apis/remove-raft-voter.ts'
import { unregisterBroker } from '../../src/wire/apis/unregister-broker.ts'
import { unregisterController } from '../../src/wire/apis/unregister-controller.ts'
import { errorName } from '../../src/wire/errors.ts'
import { uniqueName, useBroker } from './broker.ts'
import { newTopic, ZERO_UUID } from './requests.ts'

const broker = useBroker()
const NODE = 1
const DIRECTORY_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

describe('a lone broker leads everything', () => {
  test('an election is not needed, and only what there is can be elected for, in every version', async () => {
    const { name } = await newTopic(broker, { partitions: 2 })
    for (const version of await broker.versions(electLeaders)) {
      for (const electionType of version === 0 ? [0] : [0, 1]) {
        const answer = await broker.ask(electLeaders, version, {
          electionType,
          topicPartitions: [
            { topic: name, partitions: [0, 5] },
            { topic: 'nope', partitions: [0] },
          ],
        })
        expect(errorName(answer.errorCode)).toBe('NONE')
        expect(
          answer.replicaElectionResults.map(({ topic, partitionResult }) => [
            topic,
            ...partitionResult.map((row) => `${row.partitionId} ${errorName(row.errorCode)}`),
          ]),
        ).toEqual([
          [name, '0 ELECTION_NOT_NEEDED', '5 UNKNOWN_TOPIC_OR_PARTITION'],
          ['nope', '0 UNKNOWN_TOPIC_OR_PARTITION'],
        ])
      }
    }
  })

  test('an election for all partitions tells of none that needed it', async () => {
    const { name } = await newTopic(broker)
    const answer = await broker.ask(electLeaders, 2, { electionType: 0, topicPartitions: null })
    expect(answer.replicaElectionResults.find(({ topic }) => topic === name)?.partitionResult).toEqual([])
    expect(answer.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult)).toEqual([])
  })

  test('an unknown kind of election is refused for every partition that was named', async () => {
    const { name } = await newTopic(broker)
    const topicPartitions = [{ topic: name, partitions: [0] }]
    const answer = await broker.ask(electLeaders, 2, { electionType: 2, topicPartitions })
    expect(errorName(answer.errorCode)).toBe('INVALID_REQUEST')
    expect(answer.replicaElectionResults[0]?.partitionResult[0]).toMatchObject({
      errorCode: answer.errorCode,
      errorMessage: 'Unknown election type 2',
    })
    const none = await broker.ask(electLeaders, 2, { electionType: 2, topicPartitions: [] })
    expect(errorName(none.errorCode)).toBe('NONE')
  })

  test('replicas can be put where they are, and nowhere else', async () => {
    const { name } = await newTopic(broker)
    const wishes = [[NODE], [2], [NODE, 2], [], [NODE, NODE], [-1], null]
    for (const version of await broker.versions(alterPartitionReassignments)) {
      const codes = []
      for (const replicas of wishes) {
        const answer = await broker.ask(alterPartitionReassignments, version, {
          topics: [{ name, partitions: [{ partitionIndex: 0, replicas }] }],
        })
        expect(errorName(answer.errorCode)).toBe('NONE')
        codes.push(errorName(answer.responses[0]?.partitions[0]?.errorCode ?? -1))
      }
      const refused = Array(5).fill('INVALID_REPLICA_ASSIGNMENT')
      expect(codes).toEqual(['NONE', ...refused, 'NO_REASSIGNMENT_IN_PROGRESS'])
    }
  })

  test('what is not there cannot be moved', async () => {
    const { name } = await newTopic(broker)
    const partitions = [{ partitionIndex: 9, replicas: [NODE] }]
    const answer = await broker.ask(alterPartitionReassignments, 0, {
      topics: [
        { name, partitions },
        { name: 'nope', partitions },
      ],
    })
    expect(answer.responses.map((topic) => errorName(topic.partitions[0]?.errorCode ?? -1))).toEqual([
      'UNKNOWN_TOPIC_OR_PARTITION',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ])
  })

  test('no move is ever under way', async () => {
    const { name } = await newTopic(broker)
    for (const topics of [null, [{ name, partitionIndexes: [0] }]])
      expect(await broker.ask(listPartitionReassignments, 0, { topics })).toMatchObject({
        errorCode: 0,
        topics: [],
      })
  })

  test('a replica is in the one data directory and can be put in no other', async () => {
    const { name } = await newTopic(broker)
    const topics = [{ name, partitions: [0, 9] }]
    const own = (await broker.ask(describeLogDirs, 4, { topics: [] })).results[0]?.logDir ?? ''
    for (const version of await broker.versions(alterReplicaLogDirs, 1)) {
      const codes = async (path: string) => {
        const { results } = await broker.ask(alterReplicaLogDirs, version, { dirs: [{ path, topics }] })
        const rows = results[0]?.partitions ?? []
        return Object.fromEntries(rows.map((row) => [row.partitionIndex, errorName(row.errorCode)]))
      }
      expect(await codes(own)).toEqual({ 0: 'NONE', 9: 'UNKNOWN_TOPIC_OR_PARTITION' })
      expect(await codes('/nope')).toEqual({ 0: 'LOG_DIR_NOT_FOUND', 9: 'LOG_DIR_NOT_FOUND' })
    }
  })
})

describe('the quorum of a lone broker', () => {
  const metadataLog = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }

  test('is the broker itself, which leads', async () => {
    for (const version of await broker.versions(describeQuorum)) {
      const answer = await broker.ask(describeQuorum, version, { topics: [metadataLog] })
      const [partition] = answer.topics[0]?.partitions ?? []
      expect(partition).toMatchObject({ partitionIndex: 0, errorCode: 0, leaderId: NODE, observers: [] })
      expect(partition?.currentVoters).toMatchObject([{ replicaId: NODE }])
      expect(partition?.currentVoters[0]?.logEndOffset).toBeGreaterThan(0)
      expect(partition?.highWatermark).toBe(partition?.currentVoters[0]?.logEndOffset)
      if (version >= 2) expect(answer.nodes.map(({ nodeId }) => nodeId)).toEqual([NODE])
    }
  })

  test('is asked about the metadata alone', async () => {
    const stranger = { topicName: 'nope', partitions: [{ partitionIndex: 0 }] }
    const other = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 1 }] }
    for (const topics of [[stranger], [other], [metadataLog, stranger]]) {
      const answer = await broker.ask(describeQuorum, 2, { topics })
      expect(errorName(answer.errorCode)).toBe('NONE')
      const codes = answer.topics.flatMap((topic) => topic.partitions.map((row) => errorName(row.errorCode)))
      expect(codes).toEqual(topics.map(() => 'UNKNOWN_TOPIC_OR_PARTITION'))
    }
  })

  test('takes no other voters in', async () => {
    const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 19999 }]
    const voter = {
      clusterId: null,
      timeoutMs: 1000,
      voterId: 5,
      voterDirectoryId: DIRECTORY_ID,
      listeners,
    }
    const added = async (more: Partial<typeof voter> | { clusterId: string }) =>
      errorName((await broker.ask(addRaftVoter, 0, { ...voter, ...more })).errorCode)
    expect(await added({})).toBe('UNSUPPORTED_VERSION')
    expect(await added({ clusterId: 'wrong' })).toBe('INCONSISTENT_CLUSTER_ID')
    expect(await added({ voterId: -1 })).toBe('INVALID_REQUEST')
    expect(await added({ voterDirectoryId: ZERO_UUID })).toBe('INVALID_REQUEST')
    expect(await added({ listeners: [] })).toBe('INVALID_REQUEST')
    const removed = async (clusterId: string | null, voterId: number, voterDirectoryId: string) =>
      errorName((await broker.ask(removeRaftVoter, 0, { clusterId, voterId, voterDirectoryId })).errorCode)
    expect(await removed(null, NODE, DIRECTORY_ID)).toBe('UNSUPPORTED_VERSION')
    expect(await removed('wrong', NODE, DIRECTORY_ID)).toBe('INCONSISTENT_CLUSTER_ID')
    expect(await removed(null, NODE, ZERO_UUID)).toBe('INVALID_REQUEST')
  })

  test('forgets nobody whom it does not know, nor its own controller', async () => {
    expect(await broker.ask(unregisterBroker, 0, { brokerId: 77 })).toMatchObject({
      errorMessage: 'Broker ID 77 is not currently registered',
    })
    const forgotten = async (controllerId: number) =>
      errorName((await broker.ask(unregisterController, 0, { controllerId })).errorCode)
    expect(await forgotten(77)).toBe('CONTROLLER_ID_NOT_REGISTERED')
    expect(await forgotten(NODE)).toBe('INVALID_REQUEST')
  })
})

describe('what has configs', () => {
  const [TOPIC, BROKER, LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32] as const

  async function listed(version: number, types: number[]): Promise<string[]> {
    const answer = await broker.ask(listConfigResources, version, { resourceTypes: types })
    expect(errorName(answer.errorCode)).toBe('NONE')
    return answer.configResources.map((each) => `${each.resourceType} ${each.resourceName}`)
  }

  async function configure(
    resourceType: number,
    resourceName: string,
    name: string,
    value: string | null,
  ): Promise<void> {
    const configs = [{ name, value, configOperation: value === null ? 1 : 0 }]
    const resources = [{ resourceType, resourceName, configs }]
    const answer = await broker.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    expect(errorName(answer.responses[0]?.errorCode ?? -1)).toBe('NONE')
  }

  test('is listed by kind: topics and brokers all, groups and metrics subscriptions once they are set', async () => {
    const { name } = await newTopic(broker)
    const [group, subscription] = [uniqueName('group'), uniqueName('metrics')]
    await configure(GROUP, group, 'consumer.session.timeout.ms', '50000')
    await configure(CLIENT_METRICS, subscription, 'interval.ms', '1000')
    await broker.eventually(async () => {
      expect(await listed(1, [GROUP])).toContain(`${GROUP} ${group}`)
      expect(await listed(1, [CLIENT_METRICS])).toContain(`${CLIENT_METRICS} ${subscription}`)
    })
    expect(await listed(1, [BROKER])).toEqual([`${BROKER} ${NODE}`])
    expect(await listed(1, [LOGGER])).toEqual([`${LOGGER} ${NODE}`])
    expect(await listed(1, [TOPIC, TOPIC])).toContain(`${TOPIC} ${name}`)
    expect(await listed(1, [])).toEqual(
      expect.arrayContaining([
        `${TOPIC} ${name}`,
        `${BROKER} ${NODE}`,
        `${LOGGER} ${NODE}`,
        `${GROUP} ${group}`,
        `${CLIENT_METRICS} ${subscription}`,
      ]),
    )
    const before = await listed(0, [])
    expect(before).toContain(`${CLIENT_METRICS} ${subscription}`)
    expect(before.every((each) => each.startsWith(`${CLIENT_METRICS} `))).toBe(true)
    await configure(CLIENT_METRICS, subscription, 'interval.ms', null)
    await broker.eventually(async () =>
      expect(await listed(1, [CLIENT_METRICS])).not.toContain(`${CLIENT_METRICS} ${subscription}`),
    )
  })

  test('cannot be listed by a kind that there is not', async () => {
    for (const kind of [0, 3, 99])
      expect(errorName((await broker.ask(listConfigResources, 1, { resourceTypes: [kind] })).errorCode)).toBe(
        'UNSUPPORTED_VERSION',
      )
  })
})
