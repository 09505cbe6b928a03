/** Who subscribes to which topics, by topic id, and what each has now. */
export interface ShareSubscriber {
  readonly memberId: string
  readonly topicIds: ReadonlySet<string>
  readonly current: ShareAssignment
}

/** Partitions by topic id, in order. */
export type ShareAssignment = ReadonlyMap<string, readonly number[]>

interface Place {
  readonly topicId: string
  readonly partition: number
  readonly members: Set<string>
}

/**
 * The assignor `simple`: every partition goes to at least one of its subscribers, every subscriber gets at least one
 * partition, the loads differ as little as that allows, and members keep what they have. Members that subscribe alike
 * share all their topics as one pool; else each topic is shared among those who subscribe to it.
 * Sources: KIP-932; apache/kafka `SimpleAssignor`.
 */
export function assignShares(
  subscribers: readonly ShareSubscriber[],
  partitions: ShareAssignment,
): ReadonlyMap<string, ShareAssignment> {
  const sorted = [...subscribers].sort((one, other) => (one.memberId < other.memberId ? -1 : 1))
  const assigned = new Map(sorted.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  const topicIds = [...partitions.keys()].sort()
  const pools = areAlike(sorted) ? [topicIds] : topicIds.map((topicId) => [topicId])
  for (const pool of pools) {
    for (const { topicId, partition, members } of share(pool, sorted, partitions)) {
      for (const memberId of members) {
        const topics = assigned.get(memberId)
        const held = topics?.get(topicId)
        if (held === undefined) topics?.set(topicId, [partition])
        else held.push(partition)
      }
    }
  }
  return assigned
}

function areAlike(subscribers: readonly ShareSubscriber[]): boolean {
  const first = subscribers[0]?.topicIds
  return subscribers.every(
    ({ topicIds }) => topicIds.size === first?.size && [...topicIds].every((topicId) => first.has(topicId)),
  )
}

function share(
  pool: readonly string[],
  subscribers: readonly ShareSubscriber[],
  partitions: ShareAssignment,
): readonly Place[] {
  const members = subscribers.filter(({ topicIds }) => pool.some((topicId) => topicIds.has(topicId)))
  const subscribed = new Set(members.flatMap(({ topicIds }) => [...topicIds]))
  const places = pool
    .filter((topicId) => subscribed.has(topicId))
    .flatMap((topicId) =>
      (partitions.get(topicId) ?? []).map((partition) => ({
        topicId,
        partition,
        members: new Set<string>(),
      })),
    )
  if (members.length === 0 || places.length === 0) return places
  const sharing = Math.ceil(members.length / places.length)
  const most = Math.ceil((places.length * sharing) / members.length)
  const loads = new Map(members.map(({ memberId }) => [memberId, 0]))
  keepCurrent(places, members, loads, sharing, most)
  for (const place of places) {
    while (place.members.size < sharing) {
      const next = leastLoaded(loads, place, most)
      if (next === undefined) break
      give(place, next, loads)
    }
  }
  nobodyEmpty(places, loads, sharing)
  return places
}

function keepCurrent(
  places: readonly Place[],
  members: readonly ShareSubscriber[],
  loads: Map<string, number>,
  sharing: number,
  most: number,
): void {
  for (const { memberId, current } of members)
    for (const place of places) {
      const has = current.get(place.topicId)?.includes(place.partition) === true
      if (has && place.members.size < sharing && (loads.get(memberId) ?? 0) < most)
        give(place, memberId, loads)
    }
}

/** Stickiness may leave a newcomer without a partition; one is taken from who has the most. */
function nobodyEmpty(places: readonly Place[], loads: Map<string, number>, sharing: number): void {
  for (const [memberId, load] of loads) {
    if (load > 0) continue
    const free = places.find(({ members }) => members.size < sharing)
    if (free !== undefined) {
      give(free, memberId, loads)
      continue
    }
    const [richest] = [...loads].sort((one, other) => other[1] - one[1])
    const taken = places.find(({ members }) => richest !== undefined && members.has(richest[0]))
    if (richest === undefined || richest[1] < 2 || taken === undefined) continue
    taken.members.delete(richest[0])
    loads.set(richest[0], richest[1] - 1)
    give(taken, memberId, loads)
  }
}

function leastLoaded(
  loads: ReadonlyMap<string, number>,
  { members }: Place,
  most: number,
): string | undefined {
  let least: string | undefined
  let leastLoad = most
  for (const [memberId, load] of loads) {
    if (load >= leastLoad || members.has(memberId)) continue
    least = memberId
    leastLoad = load
  }
  return least
}

function give(place: Place, memberId: string, loads: Map<string, number>): void {
  place.members.add(memberId)
  loads.set(memberId, (loads.get(memberId) ?? 0) + 1)
}
