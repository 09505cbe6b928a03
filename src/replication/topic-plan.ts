import type { Random } from '../runtime/random.ts'
import { KafkaError } from '../wire/errors.ts'
import type { MetadataImage } from './metadata/image.ts'
import { collisionForm, requireTopicName } from './topic-name.ts'

/** Partitions that one request may make (Kafka's `ReplicationControlManager.MAX_PARTITIONS_PER_BATCH`). */
export const MAX_NEW_PARTITIONS = 10_000

/** A topic to be made. Counts are those of the request: -1 stands for the broker's default. */
export interface TopicSpec {
  readonly name: string
  readonly partitionCount: number
  readonly replicationFactor: number
  /** Replicas of each partition, by index, when the client chose them; the counts are then -1. */
  readonly assignments: readonly (readonly number[])[] | null
  readonly configs: ReadonlyMap<string, string>
}

export interface TopicDefaults {
  readonly partitionCount: number
  readonly replicationFactor: number
}

/**
 * The replicas of each partition of a new topic. Throws TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION,
 * INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT or INVALID_REQUEST.
 */
export function planTopic(
  spec: TopicSpec,
  image: MetadataImage,
  defaults: TopicDefaults,
): readonly (readonly number[])[] {
  requireTopicName(spec.name)
  requireNewName(spec.name, image)
  const brokers = brokerIds(image)
  if (spec.assignments !== null) return checkedAssignments(spec, spec.assignments, brokers)
  const partitionCount = spec.partitionCount === -1 ? defaults.partitionCount : spec.partitionCount
  const replicationFactor =
    spec.replicationFactor === -1 ? defaults.replicationFactor : spec.replicationFactor
  if (partitionCount < 1)
    throw new KafkaError(
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    )
  if (replicationFactor < 1)
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  if (replicationFactor > brokers.length)
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor ${replicationFactor} is larger than the number of brokers, ${brokers.length}.`,
    )
  return spread(brokers, 0, partitionCount, replicationFactor)
}

function requireNewName(name: string, image: MetadataImage): void {
  const twin =
    image.topics.has(name) || !/[._]/.test(name) ? name : collisionForms(image).get(collisionForm(name))
  if (twin !== undefined && image.topics.has(twin)) throw collision(name, twin)
}

/** Why there can't be a topic beside its twin, which has the same name or one that differs only in `.` and `_`. */
export function collision(name: string, twin: string): KafkaError {
  return name === twin
    ? new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
    : new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${twin}`)
}

const formsByImage = new WeakMap<MetadataImage, ReadonlyMap<string, string>>()

/** The names of an image by their collision form, gathered once per image: a request may create thousands. */
function collisionForms(image: MetadataImage): ReadonlyMap<string, string> {
  const known = formsByImage.get(image)
  if (known !== undefined) return known
  const forms = new Map([...image.topics.keys()].map((name) => [collisionForm(name), name]))
  formsByImage.set(image, forms)
  return forms
}

function checkedAssignments(
  spec: TopicSpec,
  assignments: readonly (readonly number[])[],
  brokers: readonly number[],
): readonly (readonly number[])[] {
  if (spec.partitionCount !== -1 || spec.replicationFactor !== -1)
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but the number of partitions or the replication factor was not set to -1.',
    )
  if (assignments.length === 0)
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment has no partitions.')
  const replicationFactor = assignments[0]?.length ?? 0
  for (const replicas of assignments) checkReplicas(replicas, replicationFactor, brokers)
  return assignments
}

/** Refuses a list of replicas that a client chose and that can't be: empty, doubled, of unknown brokers, uneven. */
export function checkReplicas(
  replicas: readonly number[],
  replicationFactor: number,
  brokers: readonly number[],
): void {
  const refuse = (why: string) =>
    new KafkaError('INVALID_REPLICA_ASSIGNMENT', `The manual partition assignment ${why}.`)
  if (replicas.length === 0) throw refuse('includes an empty replica list')
  if (new Set(replicas).size !== replicas.length)
    throw refuse('includes a broker more than once in a partition')
  if (replicas.length !== replicationFactor)
    throw refuse('includes partitions with different replication factors')
  const unknown = replicas.find((replica) => !brokers.includes(replica))
  if (unknown !== undefined) throw refuse(`includes broker ${unknown}, but no such broker is registered`)
}

/** Ids of the brokers that are alive, ascending. */
export function brokerIds(image: MetadataImage): number[] {
  return [...image.brokers.keys()].sort((one, other) => one - other)
}

/** Replicas round robin over the brokers, so that leaders and followers spread evenly. */
export function spread(
  brokers: readonly number[],
  firstIndex: number,
  count: number,
  replicationFactor: number,
): number[][] {
  return Array.from({ length: count }, (_, added) =>
    Array.from({ length: replicationFactor }, (_, replica) => {
      const turn = (firstIndex + added + replica) % brokers.length
      return brokers[turn] ?? 0
    }),
  )
}

/** A random (version 4) UUID in Kafka's own form, which never starts with a dash so that tools take it as an argument. */
export function newTopicId(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    const id = bytes.toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
