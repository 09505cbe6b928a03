/** Members of streams groups, as their clients would speak for them. */
import { randomUUID } from 'node:crypto'
import { streamsGroupDescribe } from '../../src/wire/apis/streams-group-describe.ts'
import { streamsGroupHeartbeat } from '../../src/wire/apis/streams-group-heartbeat.ts'
import { errorName } from '../../src/wire/errors.ts'
import type { EncodableRequestOf } from '../../src/wire/schema/api.ts'
import type { TestBroker } from './broker.ts'
import type { Topic } from './requests.ts'

type Request = EncodableRequestOf<typeof streamsGroupHeartbeat>
type Topology = NonNullable<Request['topology']>
export type Subtopology = Topology['subtopologies'][number]

export interface StreamsOutcome {
  readonly error: string
  readonly message: string | null
  readonly epoch: number
  /** Codes with what they say. */
  readonly status: readonly string[]
  /** `role subtopology:partition`, sorted; undefined when the answer says nothing of it. */
  readonly tasks: readonly string[] | undefined
  readonly endpoints: readonly string[] | undefined
}

const roles = ['active', 'standby', 'warmup'] as const

/** A request that says nothing new. */
export function quietStreamsHeartbeat(groupId: string, memberId: string, memberEpoch: number): Request {
  return { groupId, memberId, memberEpoch, endpointInformationEpoch: 0 }
}

export async function beatStreams(
  broker: TestBroker,
  request: Request,
  version = 1,
): Promise<StreamsOutcome> {
  const answer = await broker.ask(streamsGroupHeartbeat, version, request)
  const { activeTasks, standbyTasks, warmupTasks } = answer
  const rows = { active: activeTasks, standby: standbyTasks, warmup: warmupTasks }
  const tasks = roles.flatMap((role) =>
    (rows[role] ?? []).flatMap(({ subtopologyId, partitions }) =>
      partitions.map((partition) => `${role} ${subtopologyId}:${partition}`),
    ),
  )
  return {
    error: errorName(answer.errorCode),
    message: answer.errorMessage,
    epoch: answer.memberEpoch,
    status: (answer.status ?? []).map(({ statusCode, statusDetail }) => `${statusCode} ${statusDetail}`),
    tasks: activeTasks === null ? undefined : tasks.sort(),
    endpoints: answer.partitionsByUserEndpoint?.flatMap(({ userEndpoint, ...rest }) =>
      [...rest.activePartitions, ...rest.standbyPartitions].map(
        ({ topic, partitions }) => `${userEndpoint.host}:${userEndpoint.port} ${topic} ${partitions.join()}`,
      ),
    ),
  }
}

export function subtopology(subtopologyId: string, fields: Partial<Subtopology>): Subtopology {
  return {
    subtopologyId,
    sourceTopics: [],
    sourceTopicRegex: [],
    stateChangelogTopics: [],
    repartitionSinkTopics: [],
    repartitionSourceTopics: [],
    copartitionGroups: [],
    ...fields,
  }
}

export function internalTopic(name: string, partitions = 0, configs: Readonly<Record<string, string>> = {}) {
  const topicConfigs = Object.entries(configs).map(([key, value]) => ({ key, value }))
  return { name, partitions, replicationFactor: 0, topicConfigs }
}

/** One stream thread: does at once what it is told, as the client does, but for what a test holds back. */
export class StreamsClient {
  readonly memberId: string = randomUUID()
  epoch = 0
  tasks: readonly string[] = []

  constructor(
    readonly broker: TestBroker,
    readonly groupId: string,
    readonly topology: Topology,
    readonly identity: Partial<Request> = {},
  ) {}

  async join(): Promise<StreamsOutcome> {
    this.epoch = 0
    this.tasks = []
    const { topology } = this
    return await this.beat({
      rebalanceTimeoutMs: 60_000,
      topology,
      processId: this.memberId,
      clientTags: [],
      ...this.identity,
    })
  }

  /** Reports what it has. */
  async beat(fields: Partial<Request> = {}): Promise<StreamsOutcome> {
    const { instanceId = null } = this.identity
    const outcome = await beatStreams(this.broker, {
      ...quietStreamsHeartbeat(this.groupId, this.memberId, this.epoch),
      instanceId,
      ...ownedRows(this.tasks),
      ...fields,
    })
    if (outcome.error === 'NONE') {
      this.epoch = outcome.epoch
      this.tasks = outcome.tasks ?? this.tasks
    }
    return outcome
  }

  async leave(memberEpoch = -1, fields: Partial<Request> = {}): Promise<StreamsOutcome> {
    const { instanceId = null } = this.identity
    return await beatStreams(this.broker, {
      ...quietStreamsHeartbeat(this.groupId, this.memberId, memberEpoch),
      instanceId,
      ...fields,
    })
  }
}

/** Has all of them report until nobody learns anything new; Kafka may still be making topics meanwhile. */
export async function settled(...clients: readonly StreamsClient[]): Promise<void> {
  await clients[0]?.broker.eventually(async () => {
    for (let round = 0; round < 20; round++) if (!(await hasNews(clients))) return
    throw new Error('the group does not come to rest')
  })
}

async function hasNews(clients: readonly StreamsClient[]): Promise<boolean> {
  let isNew = false
  for (const client of clients) {
    const before = `${client.epoch} ${client.tasks.join()}`
    const { status } = await client.beat()
    const isWaiting = status.some((each) => /^[35] /.test(each))
    isNew ||= isWaiting || before !== `${client.epoch} ${client.tasks.join()}`
  }
  return isNew
}

/** Two clients of one group. */
export function pair(
  broker: TestBroker,
  groupId: string,
  topology: Topology,
): readonly [StreamsClient, StreamsClient] {
  return [new StreamsClient(broker, groupId, topology), new StreamsClient(broker, groupId, topology)]
}

/** A topology that only reads. */
export function reading(...topics: readonly Topic[]): Topology {
  return {
    epoch: 0,
    subtopologies: [subtopology('0', { sourceTopics: topics.map(({ name }) => name) })],
  }
}

/** A topology that reads a topic, writes it to another by its own key, and counts. */
export function counting(topic: Topic, prefix: string, repartitionCount = 0): Topology {
  const repartition = internalTopic(`${prefix}-repartition`, repartitionCount)
  const changelog = internalTopic(`${prefix}-changelog`, 0, { 'cleanup.policy': 'compact' })
  return {
    epoch: 0,
    subtopologies: [
      subtopology('0', { sourceTopics: [topic.name], repartitionSinkTopics: [repartition.name] }),
      subtopology('1', { repartitionSourceTopics: [repartition], stateChangelogTopics: [changelog] }),
    ],
  }
}

export async function describeStreams(broker: TestBroker, groupId: string, version = 1) {
  const request = {
    groupIds: [groupId],
    includeAuthorizedOperations: false,
    includeTopologyDescription: true,
  }
  const [group] = (await broker.ask(streamsGroupDescribe, version, request)).groups
  if (group === undefined) throw new Error('the group is missing in the answer')
  return { ...group, error: errorName(group.errorCode) }
}

function ownedRows(tasks: readonly string[]): Partial<Request> {
  const of = (role: string) => {
    const rows = new Map<string, number[]>()
    for (const [, id = '', partition] of tasks.flatMap((task) => [
      ...task.matchAll(new RegExp(`^${role} (.*):(\\d+)$`, 'g')),
    ]))
      rows.set(id, [...(rows.get(id) ?? []), Number(partition)])
    return [...rows].map(([subtopologyId, partitions]) => ({ subtopologyId, partitions }))
  }
  return { activeTasks: of('active'), standbyTasks: of('standby'), warmupTasks: of('warmup') }
}
