import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import { codecName, decompress } from '../../wire/compression/codec.ts'
import { crc32c } from '../../wire/crc32c.ts'
import { type ErrorName, KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { RequestContext } from '../handler.ts'
import { Remembered } from '../remembered.ts'
import type { ClientAttributes, Subscriptions, WantedMetrics } from './subscriptions.ts'

/** Metrics that a client has handed in: OTLP, in protobuf. The payload is only good for as long as the receiver runs. */
export interface ClientMetrics {
  readonly clientInstanceId: string
  readonly clientId: string | null
  /** Whether these are the client's last. */
  readonly terminating: boolean
  readonly payload: Buffer
}

export interface TelemetryDependencies {
  readonly clock: Clock
  readonly random: Random
  /** The client metrics subscriptions; the same object until one is changed. */
  readonly subscriptions: () => Subscriptions
  /** `telemetry.max.bytes` */
  readonly maxBytes: () => number
  readonly receive: (metrics: ClientMetrics) => void
}

export interface TelemetryPush {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Buffer
}

/** A client as this broker knows it; forgotten with its connection, or when it isn't heard of. */
interface Instance {
  readonly attributes: ClientAttributes
  readonly wanted: WantedMetrics
  readonly subscriptionId: number
  /** The subscriptions that it was matched with. */
  readonly subscriptions: Subscriptions
  seenMs: number
  lastGetMs: number
  lastPushMs: number
  lastError: ErrorName | undefined
  isTerminating: boolean
}

/** Kafka's `Uuid.RESERVED`: the zero id, and the one that stood for the metadata topic. */
const reserved: ReadonlySet<string> = new Set([ZERO_UUID, 'AAAAAAAAAAAAAAAAAAAAAQ'])
const MAX_INSTANCES = 16_384
const MIN_MEMORY_MS = 60_000
const NEVER = Number.NEGATIVE_INFINITY

/**
 * Asks clients for metrics, and takes them (KIP-714). Rules and their order are those of apache/kafka
 * `ClientMetricsManager`.
 */
export class ClientTelemetry {
  readonly #dependencies: TelemetryDependencies
  /** By client instance id. */
  readonly #instances = new Remembered<Instance>(MAX_INSTANCES, (_id, { attributes }) => charsOf(attributes))
  /** The client instance that came over each connection. */
  readonly #byConnection = new Map<number, string>()

  constructor(dependencies: TelemetryDependencies) {
    this.#dependencies = dependencies
  }

  /** Clients that are remembered. */
  get size(): number {
    return this.#instances.size
  }

  get maxBytes(): number {
    return this.#dependencies.maxBytes()
  }

  /** What a client is asked for; one without an id gets one. Throws THROTTLING_QUOTA_EXCEEDED when it asks too often. */
  subscribe(
    asked: string,
    context: RequestContext,
  ): WantedMetrics & { clientInstanceId: string; subscriptionId: number } {
    const clientInstanceId = asked === ZERO_UUID ? this.#freshId() : asked
    const instance = this.#instance(clientInstanceId, context)
    const { wanted, subscriptionId, lastError } = instance
    const nowMs = this.#dependencies.clock.monotonicMs()
    const isDue = nowMs - Math.max(instance.lastGetMs, instance.lastPushMs) >= wanted.pushIntervalMs
    if (isDue) instance.lastGetMs = nowMs
    // Whoever has just been told that his subscription or codec won't do has to ask again at once.
    else if (lastError !== 'UNKNOWN_SUBSCRIPTION_ID' && lastError !== 'UNSUPPORTED_COMPRESSION_TYPE')
      throw new KafkaError('THROTTLING_QUOTA_EXCEEDED')
    instance.lastError = undefined
    return { ...wanted, clientInstanceId, subscriptionId }
  }

  /**
   * Takes metrics. Errors: INVALID_REQUEST, THROTTLING_QUOTA_EXCEEDED, UNKNOWN_SUBSCRIPTION_ID,
   * UNSUPPORTED_COMPRESSION_TYPE, TELEMETRY_TOO_LARGE, INVALID_RECORD.
   */
  push(push: TelemetryPush, context: RequestContext): void {
    if (reserved.has(push.clientInstanceId)) throw new KafkaError('INVALID_REQUEST')
    const instance = this.#instance(push.clientInstanceId, context)
    try {
      this.#check(push, instance)
      if (push.metrics.length > 0) this.#receive(push, context)
      instance.lastError = undefined
    } catch (error) {
      if (error instanceof KafkaError) instance.lastError = error.error
      throw error
    } finally {
      instance.isTerminating = push.terminating
    }
  }

  #check({ subscriptionId, terminating, compressionType, metrics }: TelemetryPush, instance: Instance): void {
    if (instance.isTerminating) throw new KafkaError('INVALID_REQUEST')
    const nowMs = this.#dependencies.clock.monotonicMs()
    // The first push after an answer may come early: clients spread theirs over the interval.
    const isDue =
      instance.lastGetMs > instance.lastPushMs ||
      nowMs - instance.lastPushMs >= instance.wanted.pushIntervalMs
    if (isDue) instance.lastPushMs = nowMs
    else if (!terminating) throw new KafkaError('THROTTLING_QUOTA_EXCEEDED')
    if (subscriptionId !== instance.subscriptionId) throw new KafkaError('UNKNOWN_SUBSCRIPTION_ID')
    if (codecName(compressionType) === undefined) throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE')
    if (metrics.length > this.maxBytes) throw new KafkaError('TELEMETRY_TOO_LARGE')
  }

  #receive(
    { clientInstanceId, terminating, compressionType, metrics }: TelemetryPush,
    { clientId }: RequestContext,
  ): void {
    const payload = this.#unfolded(compressionType, metrics)
    this.#dependencies.receive({ clientInstanceId, clientId, terminating, payload })
  }

  #unfolded(compressionType: number, metrics: Buffer): Buffer {
    try {
      return decompress(codecName(compressionType) ?? 'none', metrics, this.maxBytes)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw new KafkaError(error.error === 'MESSAGE_TOO_LARGE' ? 'TELEMETRY_TOO_LARGE' : 'INVALID_RECORD')
    }
  }

  /** The client of this id, matched with the subscriptions as they are now. */
  #instance(id: string, context: RequestContext): Instance {
    const nowMs = this.#dependencies.clock.monotonicMs()
    const subscriptions = this.#dependencies.subscriptions()
    const found = this.#instances.get(id)
    const known = found !== undefined && nowMs - found.seenMs < memoryMs(found) ? found : undefined
    const instance =
      known?.subscriptions === subscriptions
        ? known
        : instanceOf(id, known?.attributes ?? attributesOf(id, context), subscriptions)
    instance.seenMs = nowMs
    this.#instances.set(id, instance)
    if (instance !== known) this.#forgetWith(context, id)
    return instance
  }

  #forgetWith({ connection }: RequestContext, id: string): void {
    const isNew = !this.#byConnection.has(connection.id)
    this.#byConnection.set(connection.id, id)
    if (!isNew) return
    connection.onClose(() => {
      const last = this.#byConnection.get(connection.id)
      this.#byConnection.delete(connection.id)
      if (last !== undefined) this.#instances.delete(last)
    })
  }

  #freshId(): string {
    const id = this.#dependencies.random.bytes(16).toString('base64url')
    return reserved.has(id) || this.#instances.get(id) !== undefined ? this.#freshId() : id
  }
}

function memoryMs({ wanted }: Instance): number {
  return Math.max(MIN_MEMORY_MS, wanted.pushIntervalMs * 3)
}

function charsOf(attributes: ClientAttributes): number {
  let chars = 0
  for (const value of attributes.values()) chars += value.length
  return chars
}

function instanceOf(id: string, attributes: ClientAttributes, subscriptions: Subscriptions): Instance {
  const wanted = subscriptions.wantedOf(attributes)
  return {
    attributes,
    wanted,
    subscriptionId: subscriptionId(id, wanted),
    subscriptions,
    seenMs: NEVER,
    lastGetMs: NEVER,
    lastPushMs: NEVER,
    lastError: undefined,
    isTerminating: false,
  }
}

function attributesOf(id: string, { clientId, connection }: RequestContext): ClientAttributes {
  return new Map([
    ['client_instance_id', id],
    ['client_id', clientId ?? ''],
    ['client_software_name', connection.software?.name ?? 'unknown'],
    ['client_software_version', connection.software?.version ?? 'unknown'],
    ['client_source_address', connection.clientHost.replace(/^\//, '')],
    ['client_source_port', String(connection.clientPort ?? '')],
  ])
}

/** Changes with whatever the client has to know, and is another for another client. */
function subscriptionId(id: string, { metrics, pushIntervalMs }: WantedMetrics): number {
  return crc32c(Buffer.from(JSON.stringify([id, metrics, pushIntervalMs]))) | 0
}
