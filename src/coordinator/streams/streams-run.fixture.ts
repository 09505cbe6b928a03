import { silentLogger } from '../../runtime/log.ts'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import { GroupCoordinator } from '../group-coordinator.ts'
import { TestConnection } from '../group-scenario.fixture.ts'
import type { GroupTopics } from '../group-topics.ts'
import { MemoryCoordinatorLog } from '../memory-coordinator-log.fixture.ts'
import type { StreamsGroupConfig } from './config.ts'
import type { StreamsHeartbeatReply } from './heartbeat.ts'
import { type AssignedTasks, roles, rowsOf, type TaskSet } from './tasks.ts'
import type { TopicInfo, Topology } from './topology.ts'

export const GROUP = 'app'

export const streamsConfig: StreamsGroupConfig = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 250,
  assignmentIntervalMs: 0,
  initialRebalanceDelayMs: 0,
  standbyReplicas: 0,
  rackAwareTags: [],
  taskOffsetIntervalMs: 60_000,
  acceptableRecoveryLag: 10_000,
  maxSize: 100,
  isEnabled: true,
}

/** Topics with these partition counts; a topic of the same name keeps its id. */
export function clusterOf(counts: ReadonlyMap<string, number>): GroupTopics {
  const topics = new Map(
    [...counts].map(([name, count]) => {
      const id = Buffer.from(name.padEnd(16, '-').slice(0, 16)).toString('base64url')
      return [name, { name, id, partitions: Array.from({ length: count }, () => ({ replicas: [1] })) }]
    }),
  )
  const topicNamesById = new Map([...topics.values()].map(({ id, name }) => [id, name]))
  return { topics, topicNamesById, brokers: new Map(), revision: counts.size }
}

export function internalTopic(name: string, partitions = 0): TopicInfo {
  return { name, partitions, replicationFactor: 0, topicConfigs: [] }
}

export function topologyOf(
  ...subtopologies: readonly Partial<Topology['subtopologies'][number]>[]
): Topology {
  return {
    epoch: 0,
    subtopologies: subtopologies.map((fields, at) => ({
      subtopologyId: `${at}`,
      sourceTopics: [],
      sourceTopicRegex: [],
      stateChangelogTopics: [],
      repartitionSinkTopics: [],
      repartitionSourceTopics: [],
      copartitionGroups: [],
      ...fields,
    })),
  }
}

/** Reads two topics, repartitions the first, keeps state of what comes of it. */
export const topology = topologyOf(
  { sourceTopics: ['a', 'b'], repartitionSinkTopics: ['app-repartition'] },
  {
    repartitionSourceTopics: [internalTopic('app-repartition')],
    stateChangelogTopics: [internalTopic('app-changelog')],
  },
)

/** One thread of an application. Tasks are texts: `role subtopology:partition`. */
export class StreamsThread {
  epoch = 0
  isIn = false
  /** What it was told to have. */
  using = new Set<string>()
  /** What it was told to give back, and still has. */
  revoking = new Set<string>()

  constructor(
    readonly memberId: string,
    readonly processId: string,
  ) {}

  get held(): readonly string[] {
    return [...this.using, ...this.revoking]
  }

  stop(): void {
    this.epoch = 0
    this.isIn = false
    this.using = new Set()
    this.revoking = new Set()
  }

  learn({ memberEpoch, tasks }: StreamsHeartbeatReply): void {
    this.epoch = memberEpoch
    this.isIn = true
    if (tasks === null) return
    const told = textsOf(tasks)
    for (const task of this.using) if (!told.has(task)) this.revoking.add(task)
    for (const task of told) this.revoking.delete(task)
    this.using = told
  }
}

/** An application of some threads, step by step, on one coordinator and a virtual clock. */
export class StreamsRun {
  readonly clock = new VirtualClock()
  readonly log = new MemoryCoordinatorLog()
  readonly threads: readonly StreamsThread[] = ['a', 'a', 'b', 'c'].map(
    (processId, at) => new StreamsThread(`member-${at}`, `process-${processId}`),
  )
  topics = clusterOf(
    new Map([
      ['a', 3],
      ['b', 2],
    ]),
  )
  config = streamsConfig
  #seed = 0
  coordinator = this.#start()

  async restart(): Promise<void> {
    this.coordinator.close()
    this.coordinator = this.#start()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  /** A heartbeat, which joins who isn't in the group. Who is sent away lets go of everything. */
  async beat(thread: StreamsThread, says: 'all' | 'nothing' = 'all'): Promise<void> {
    const isJoining = !thread.isIn
    if (isJoining) thread.stop()
    const request = {
      groupId: GROUP,
      memberId: thread.memberId,
      memberEpoch: thread.epoch,
      endpointInformationEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: isJoining ? 600_000 : -1,
      topology: isJoining ? topology : null,
      owned: isJoining || says === 'all' ? taskSetOf(thread.held) : null,
      processId: isJoining ? thread.processId : null,
      userEndpoint: null,
      clientTags: null,
      taskOffsets: null,
      taskEndOffsets: null,
      shutdownApplication: false,
      clientId: 'app',
      clientHost: '/127.0.0.1',
      knowsTags: true,
    }
    const reply = await outcome(
      async () => await this.coordinator.streamsHeartbeat(request, new TestConnection(1)),
    )
    if (reply instanceof KafkaError) thread.stop()
    else thread.learn(reply)
  }

  async leave(thread: StreamsThread): Promise<void> {
    const { memberId, isIn } = thread
    thread.stop()
    const request = {
      groupId: GROUP,
      memberId,
      memberEpoch: -1,
      instanceId: null,
      shutdownApplication: false,
    }
    if (isIn) await outcome(async () => await this.coordinator.streamsLeave(request))
  }

  /** The thread dies; the others are heard of while its session expires. */
  async expire(thread: StreamsThread): Promise<void> {
    thread.stop()
    for (const ms of [23_000, 23_000]) {
      this.clock.advance(ms)
      for (const each of this.threads) if (each.isIn) await this.beat(each)
    }
  }

  #start(): GroupCoordinator {
    this.#seed++
    const { clock } = this
    const random = new SeededRandom(this.#seed)
    const topics = () => this.topics
    const makeTopics = async (missing: readonly TopicInfo[]) => {
      const counts = new Map(
        [...this.topics.topics].map(([name, { partitions }]) => [name, partitions.length]),
      )
      for (const { name, partitions } of missing) counts.set(name, partitions)
      this.topics = clusterOf(counts)
      return new Map<string, string>()
    }
    const streams = { config: () => this.config, makeTopics }
    const coordinator = new GroupCoordinator({ clock, random, logger: silentLogger, topics, streams })
    void coordinator.lead(coordinator.partitionOf(GROUP), this.log)
    return coordinator
  }
}

export async function outcome<T>(request: () => Promise<T>): Promise<T | KafkaError> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

export function textsOf(tasks: AssignedTasks | TaskSet): Set<string> {
  return new Set(
    roles.flatMap((role) =>
      rowsOf(tasks[role]).flatMap(({ subtopologyId, partitions }) =>
        partitions.map((partition) => `${role} ${subtopologyId}:${partition}`),
      ),
    ),
  )
}

export function taskSetOf(texts: readonly string[]): TaskSet {
  const tasks = { active: new Map(), standby: new Map(), warmup: new Map() }
  for (const role of roles) {
    const byId = new Map<string, Set<number>>()
    for (const text of texts.filter((each) => each.startsWith(`${role} `))) {
      const [subtopologyId = '', partition = ''] = text.slice(role.length + 1).split(':')
      byId.set(subtopologyId, (byId.get(subtopologyId) ?? new Set<number>()).add(Number(partition)))
    }
    tasks[role] = byId
  }
  return tasks
}
