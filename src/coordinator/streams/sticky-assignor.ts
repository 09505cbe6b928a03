import { hasPartition } from '../modern/assignment.ts'
import { NO_TASKS, type TaskSet, type Tasks } from './tasks.ts'

export interface AssignorMember {
  readonly memberId: string
  /** Members with the same one live in one process: it holds a task once. */
  readonly processId: string
  /** What the member has now. */
  readonly current: TaskSet
  /** How far the state on its disk has come, by subtopology and partition. */
  readonly taskOffsets: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface AssignorSubtopology {
  readonly taskCount: number
  readonly isStateful: boolean
}

interface Task {
  readonly subtopologyId: string
  readonly partition: number
}

interface Holder {
  readonly member: Member
  readonly isStandby: boolean
  readonly offset: number
}

class Member {
  taskCount = 0
  readonly active = new Map<string, Set<number>>()
  readonly standby = new Map<string, Set<number>>()

  constructor(
    readonly memberId: string,
    readonly process: Process,
  ) {}
}

class Process {
  readonly members: Member[] = []
  readonly tasks = new Map<string, Set<number>>()
  taskCount = 0

  get load(): number {
    return this.taskCount / this.members.length
  }

  has({ subtopologyId, partition }: Task): boolean {
    return hasPartition(this.tasks, subtopologyId, partition)
  }

  get leastLoaded(): Member | undefined {
    return least(this.members, ({ taskCount }) => taskCount)
  }
}

/**
 * How many tasks are due to each member. Once a member has its share, the rest is shared anew by the others, so that
 * the shares of uneven numbers come out right.
 */
class Quota {
  constructor(
    private tasks: number,
    private members: number,
  ) {}

  get perMember(): number {
    return this.members === 0 ? 0 : Math.ceil(this.tasks / this.members)
  }

  /** A member has this many now. */
  reached(taskCount: number): void {
    if (taskCount !== this.perMember) return
    this.members--
    this.tasks -= taskCount
  }
}

/**
 * Shares out tasks evenly: first each task to whom has it, then to whom has its state, then to the least busy process;
 * standby copies of stateful tasks the same way. Members are looked at in the order of their ids, so the same group
 * gets the same assignment.
 *
 * Source of the rules: apache/kafka `StickyTaskAssignor.java` of 4.4, which leaves it to chance who goes first among
 * equals.
 */
export function assignTasks(
  members: readonly AssignorMember[],
  subtopologies: ReadonlyMap<string, AssignorSubtopology>,
  standbyReplicas: number,
): ReadonlyMap<string, TaskSet> {
  const assignor = new StickyAssignor(members, subtopologies, standbyReplicas)
  return assignor.assign()
}

class StickyAssignor {
  readonly #members = new Map<string, Member>()
  readonly #processes = new Map<string, Process>()
  /** Who has the task now. */
  readonly #runners = new Map<string, Member>()
  /** Who has its state, the furthest first. */
  readonly #holders = new Map<string, Holder[]>()
  readonly #tasks: readonly Task[]
  readonly #statefulTasks: readonly Task[]
  readonly #activeQuota: Quota
  readonly #quota: Quota

  constructor(
    members: readonly AssignorMember[],
    subtopologies: ReadonlyMap<string, AssignorSubtopology>,
    private readonly standbyReplicas: number,
  ) {
    const isStateful = ({ subtopologyId }: Task) => subtopologies.get(subtopologyId)?.isStateful === true
    this.#tasks = [...subtopologies].flatMap(([subtopologyId, { taskCount }]) =>
      Array.from({ length: taskCount }, (_, partition) => ({ subtopologyId, partition })),
    )
    this.#statefulTasks = this.#tasks.filter(isStateful)
    this.#activeQuota = new Quota(this.#tasks.length, members.length)
    this.#quota = new Quota(this.#tasks.length + this.#statefulTasks.length * standbyReplicas, members.length)
    const inOrder = [...members].sort((one, other) => (one.memberId < other.memberId ? -1 : 1))
    for (const member of inOrder) this.#take(member)
    for (const holders of this.#holders.values()) holders.sort(byState)
  }

  assign(): ReadonlyMap<string, TaskSet> {
    this.#assignActive()
    if (this.standbyReplicas > 0) this.#assignStandby()
    return new Map(
      [...this.#members].map(([memberId, { active, standby }]) => [
        memberId,
        { ...NO_TASKS, active, standby },
      ]),
    )
  }

  #take({ memberId, processId, current, taskOffsets }: AssignorMember): void {
    const process = this.#processes.get(processId) ?? new Process()
    this.#processes.set(processId, process)
    const member = new Member(memberId, process)
    process.members.push(member)
    this.#members.set(memberId, member)
    for (const task of each(current.active)) this.#runners.set(keyOf(task), member)
    for (const task of each(current.standby)) {
      const offset = taskOffsets.get(task.subtopologyId)?.get(task.partition) ?? 0
      this.#hold(task, { member, isStandby: true, offset })
    }
    for (const [subtopologyId, offsets] of taskOffsets)
      for (const [partition, offset] of offsets)
        if (!hasPartition(current.standby, subtopologyId, partition))
          this.#hold({ subtopologyId, partition }, { member, isStandby: false, offset })
  }

  #hold(task: Task, holder: Holder): void {
    const key = keyOf(task)
    this.#holders.set(key, [...(this.#holders.get(key) ?? []), holder])
  }

  #assignActive(): void {
    const untaken = [...this.#tasks]
      .sort(byPartition)
      .filter((task) => !this.#giveActive(task, this.#runners.get(keyOf(task))))
      .filter((task) => !this.#giveActive(task, this.#leastBusyHolder(task)))
    for (const task of untaken.sort(bySubtopology)) {
      const member = least(this.#processes.values(), ({ load }) => load)?.leastLoaded
      if (member !== undefined) this.#addActive(task, member)
    }
  }

  #giveActive(task: Task, member: Member | undefined): boolean {
    if (member === undefined || member.taskCount >= this.#activeQuota.perMember) return false
    this.#addActive(task, member)
    return true
  }

  #addActive(task: Task, member: Member): void {
    add(member.active, task)
    const taskCount = this.#count(task, member)
    this.#activeQuota.reached(taskCount)
    this.#quota.reached(taskCount)
  }

  #assignStandby(): void {
    const open = [...this.#statefulTasks].sort(byPartition).reverse()
    const left = open.map((task) => ({ task, replicas: this.#giveStandbys(task) }))
    left.sort((one, other) => bySubtopology(other.task, one.task))
    for (const { task, replicas } of left)
      for (let replica = 0; replica < replicas; replica++) {
        const processes = [...this.#processes.values()].filter((process) => !process.has(task))
        const member = least(processes, ({ load }) => load)?.leastLoaded
        // Fewer processes than copies: nobody is left who could take one.
        if (member === undefined) break
        this.#addStandby(task, member)
      }
  }

  /** Gives copies to those who have the state; the number of copies that are left over. */
  #giveStandbys(task: Task): number {
    for (let replica = 0; replica < this.standbyReplicas; replica++) {
      const runner = this.#runners.get(keyOf(task))
      const isFree = runner !== undefined && !runner.process.has(task)
      if (isFree && this.#giveStandby(task, runner)) continue
      if (!this.#giveStandby(task, this.#leastBusyHolder(task, task))) return this.standbyReplicas - replica
    }
    return 0
  }

  #giveStandby(task: Task, member: Member | undefined): boolean {
    if (member === undefined || member.taskCount >= this.#quota.perMember) return false
    this.#addStandby(task, member)
    return true
  }

  #addStandby(task: Task, member: Member): void {
    add(member.standby, task)
    this.#quota.reached(this.#count(task, member))
  }

  #count(task: Task, member: Member): number {
    add(member.process.tasks, task)
    member.process.taskCount++
    return ++member.taskCount
  }

  /** Another is taken only if both it and its process are less busy; `besides` leaves out processes with that task. */
  #leastBusyHolder(task: Task, besides?: Task): Member | undefined {
    let found: Member | undefined
    for (const { member } of this.#holders.get(keyOf(task)) ?? []) {
      if (besides !== undefined && member.process.has(besides)) continue
      const isLessBusy =
        found === undefined ||
        (member.process.load < found.process.load && member.taskCount < found.taskCount)
      if (isLessBusy) found = member
    }
    return found
  }
}

function add(tasks: Map<string, Set<number>>, { subtopologyId, partition }: Task): void {
  const partitions = tasks.get(subtopologyId)
  if (partitions === undefined) tasks.set(subtopologyId, new Set([partition]))
  else partitions.add(partition)
}

function* each(tasks: Tasks): Iterable<Task> {
  for (const [subtopologyId, partitions] of tasks)
    for (const partition of partitions) yield { subtopologyId, partition }
}

function keyOf({ subtopologyId, partition }: Task): string {
  return `${partition}:${subtopologyId}`
}

/** The first of those with the smallest measure. */
function least<T>(items: Iterable<T>, measure: (item: T) => number): T | undefined {
  let found: T | undefined
  let smallest = Number.POSITIVE_INFINITY
  for (const item of items) {
    const size = measure(item)
    if (size >= smallest) continue
    smallest = size
    found = item
  }
  return found
}

function byState(one: Holder, other: Holder): number {
  if (one.isStandby !== other.isStandby) return one.isStandby ? -1 : 1
  return other.offset - one.offset
}

function byPartition(one: Task, other: Task): number {
  return one.partition - other.partition || compare(one.subtopologyId, other.subtopologyId)
}

function bySubtopology(one: Task, other: Task): number {
  return compare(one.subtopologyId, other.subtopologyId) || one.partition - other.partition
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
