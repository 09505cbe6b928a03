/** Partitions by the id of their topic; in a streams group tasks, by the id of their subtopology. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

/** As above, each partition with the member epoch in which it was assigned (KIP-1251). */
export type EpochAssignment = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Either of the two, where epochs don't matter. */
export type PartitionsById = ReadonlyMap<
  string,
  { readonly size: number; has(partition: number): boolean; keys(): Iterable<number> }
>

export function hasPartition(assignment: PartitionsById, id: string, partition: number): boolean {
  return assignment.get(id)?.has(partition) === true
}

/** Whether both name the same partitions. */
export function isSameAssignment(one: Assignment, other: Assignment): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [id, partitions] of one) {
    const others = other.get(id)
    if (others?.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}

/** Whether both name the same partitions with the same epochs. */
export function isSameEpochAssignment(one: EpochAssignment, other: EpochAssignment): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [id, partitions] of one) {
    const others = other.get(id)
    if (others?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}

/** The same partitions, as if they had been assigned before any epoch. */
export function withEpochsForgotten(assignment: EpochAssignment): EpochAssignment {
  return new Map(
    [...assignment].map(([id, partitions]) => [
      id,
      new Map([...partitions.keys()].map((partition) => [partition, 0])),
    ]),
  )
}

/**
 * Partitions with the epochs that a record has for them. Records from before there were epochs of single partitions
 * (KIP-1251) say none; another stands in.
 */
export function partitionEpochs(
  partitions: readonly number[],
  assignmentEpochs: readonly number[] | null,
  standIn: number,
): ReadonlyMap<number, number> {
  const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : []
  return new Map(partitions.map((partition, at) => [partition, epochs[at] ?? standIn]))
}
