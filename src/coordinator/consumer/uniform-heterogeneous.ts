import { assert } from '../../runtime/assert.ts'
import type { Assignment } from '../modern/assignment.ts'
import type { AssignorTask } from './assignor.ts'
import { LoadOrder } from './load-order.ts'
import { addPartition, type MutableAssignment, removePartition } from './mutable-assignment.ts'

/** Rounds over all topics after which the balance is good enough. */
const MAX_ROUNDS = 16
const NOBODY = -1

/** For members that subscribe to different topics: keep, hand out, then move from the loaded to the idle. */
export class HeterogeneousAssignment {
  readonly #task: AssignorTask
  /** By topic id, members by their place in the task. */
  readonly #subscribers = new Map<string, number[]>()
  /** By topic id, the member who has each partition. */
  readonly #owners = new Map<string, number[]>()
  readonly #loads: number[]
  readonly #targets: MutableAssignment[]

  constructor(task: AssignorTask) {
    this.#task = task
    this.#loads = task.members.map(() => 0)
    this.#targets = task.members.map(() => new Map())
    for (const [at, { topicIds }] of task.members.entries())
      for (const topicId of topicIds) {
        const subscribers = this.#subscribers.get(topicId)
        if (subscribers !== undefined) subscribers.push(at)
        else {
          this.#subscribers.set(topicId, [at])
          this.#owners.set(
            topicId,
            Array.from({ length: task.partitionCount(topicId) }, () => NOBODY),
          )
        }
      }
  }

  make(): ReadonlyMap<string, Assignment> {
    if (this.#subscribers.size === 0) return new Map()
    this.#keep()
    this.#handOut()
    this.#balance()
    return new Map(this.#task.members.map(({ memberId }, at) => [memberId, this.#targets[at] ?? new Map()]))
  }

  #keep(): void {
    for (const [at, { topicIds, target }] of this.#task.members.entries())
      for (const [topicId, partitions] of target)
        if (topicIds.has(topicId)) for (const partition of partitions) this.#give(topicId, partition, at)
  }

  #handOut(): void {
    for (const topicId of this.#inOrder([...this.#owners.keys()])) {
      const order = this.#loadOrder(topicId)
      for (const [partition, owner] of this.#ownersOf(topicId).entries())
        if (owner === NOBODY) this.#give(topicId, partition, order.nextLeastLoaded())
    }
  }

  #balance(): void {
    const topicIds = this.#inOrder([...this.#subscribers.keys()]).filter(
      (topicId) => this.#subscribersOf(topicId).length >= 2,
    )
    let lastMoved: string | undefined
    for (let round = 0; round < MAX_ROUNDS; round++)
      for (const topicId of topicIds) {
        if (topicId === lastMoved) return
        const hasMoved = this.#balanceTopic(topicId)
        if (hasMoved || lastMoved === undefined) lastMoved = topicId
      }
  }

  #balanceTopic(topicId: string): boolean {
    const order = this.#loadOrder(topicId)
    if (order.imbalance <= 1) return false
    const partitionsOf = this.#partitionsByOwner(topicId)
    let hasMoved = false
    while (!order.isBalanced) {
      let from = order.nextMostLoaded()
      while (from !== undefined && (partitionsOf.get(from)?.length ?? 0) === 0) {
        order.excludeMostLoaded()
        from = order.nextMostLoaded()
      }
      const partition = from === undefined ? undefined : partitionsOf.get(from)?.pop()
      if (partition === undefined) break
      const to = order.nextLeastLoaded()
      if (order.isBalanced) break
      this.#give(topicId, partition, to)
      hasMoved = true
    }
    return hasMoved
  }

  #partitionsByOwner(topicId: string): Map<number, number[]> {
    const byOwner = new Map<number, number[]>()
    for (const [partition, owner] of this.#ownersOf(topicId).entries()) {
      const partitions = byOwner.get(owner)
      if (partitions === undefined) byOwner.set(owner, [partition])
      else partitions.push(partition)
    }
    return byOwner
  }

  #give(topicId: string, partition: number, to: number): void {
    const owners = this.#ownersOf(topicId)
    const from = owners[partition] ?? NOBODY
    const old = this.#targets[from]
    if (old !== undefined) {
      removePartition(old, topicId, partition)
      this.#loads[from] = (this.#loads[from] ?? 0) - 1
    }
    const target = this.#targets[to]
    assert(target !== undefined, `no member ${to}`)
    addPartition(target, topicId, partition)
    this.#loads[to] = (this.#loads[to] ?? 0) + 1
    owners[partition] = to
  }

  /** Topics with many partitions per subscriber first, then those with few subscribers. */
  #inOrder(topicIds: string[]): string[] {
    const density = (topicId: string) =>
      this.#task.partitionCount(topicId) / this.#subscribersOf(topicId).length
    return topicIds.sort(
      (one, other) =>
        density(other) - density(one) ||
        this.#subscribersOf(one).length - this.#subscribersOf(other).length ||
        compareIds(one, other),
    )
  }

  #loadOrder(topicId: string): LoadOrder {
    return new LoadOrder(this.#subscribersOf(topicId), this.#loads)
  }

  #subscribersOf(topicId: string): readonly number[] {
    return this.#subscribers.get(topicId) ?? []
  }

  #ownersOf(topicId: string): number[] {
    return this.#owners.get(topicId) ?? []
  }
}

/** As Java compares uuids: by their halves, as signed numbers. */
function compareIds(one: string, other: string): number {
  const a = Buffer.from(one, 'base64url')
  const b = Buffer.from(other, 'base64url')
  const high = a.readBigInt64BE(0) - b.readBigInt64BE(0)
  const difference = high === 0n ? a.readBigInt64BE(8) - b.readBigInt64BE(8) : high
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
