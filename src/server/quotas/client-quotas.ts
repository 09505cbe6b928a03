import type { ClientQuota } from '../../replication/metadata/client-records.ts'
import type { Clock } from '../../runtime/clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { RequestContext } from '../handler.ts'
import { Remembered } from '../remembered.ts'
import { type FoundLimit, QuotaLimits } from './quota-limits.ts'
import { Rate, type RateWindow, throttleMs } from './rate.ts'
import { TokenBucket } from './token-bucket.ts'

/** Who asks. Nobody logs in, so all are the one user that Kafka calls so. */
type Client = Pick<RequestContext, 'clientId'>

const ANONYMOUS = 'ANONYMOUS'

export interface QuotaWindows {
  /** `quota.window.num`, `quota.window.size.seconds` */
  readonly client: RateWindow
  /** `controller.quota.window.num`, `controller.quota.window.size.seconds` */
  readonly controller: RateWindow
}

/** What a request that changes topics may still change. */
export interface MutationQuota {
  readonly isLimited: boolean
  /** Counts partitions that are made or deleted; throws THROTTLING_QUOTA_EXCEEDED when a strict quota is used up. */
  take(partitionCount: number): void
  /** How long the client has to wait, once the request is answered. */
  readonly throttleMs: number
}

const unlimited: MutationQuota = { isLimited: false, take: () => undefined, throttleMs: 0 }

/**
 * Holds clients to their quotas. A client over its quota is answered at once and told how long to be silent, and the
 * broker reads nothing of it for as long (KIP-219). As long as no quota is set nothing is counted.
 */
export class ClientQuotas {
  #limits = new QuotaLimits(new Map())
  #isActive = false
  readonly #produced: Meters<Rate>
  readonly #fetched: Meters<Rate>
  readonly #requestTime: Meters<Rate>
  readonly #connections: Meters<Rate>
  readonly #mutations: Meters<TokenBucket>

  constructor(
    private readonly clock: Clock,
    private readonly windows: QuotaWindows,
  ) {
    const rate = () => new Rate(windows.client)
    this.#produced = new Meters(rate)
    this.#fetched = new Meters(rate)
    this.#requestTime = new Meters(rate)
    this.#connections = new Meters(rate)
    this.#mutations = new Meters(() => new TokenBucket(windows.controller))
  }

  /** Whether any quota is set for clients. */
  get isActive(): boolean {
    return this.#isActive
  }

  /** Whether the time is to be counted that requests take. */
  get countsTime(): boolean {
    return this.#limits.has('request_percentage')
  }

  /** How many meters there are: one for each kind of quota and each client, or group of clients, that was counted. */
  get metersInUse(): number {
    const all = [this.#produced, this.#fetched, this.#requestTime, this.#connections, this.#mutations]
    return all.reduce((sum, { size }) => sum + size, 0)
  }

  /** Takes over the quotas that are set now. */
  configure(quotas: ReadonlyMap<string, ClientQuota>): void {
    this.#limits = new QuotaLimits(quotas)
    this.#isActive = this.#limits.concernClients
  }

  /** Counts a Produce request; gives the time that the client has to be silent. */
  produced(client: Client, sizeBytes: number): number {
    const found = this.#find('producer_byte_rate', client)
    return found === undefined ? 0 : this.#count(this.#produced, found, sizeBytes)
  }

  /**
   * Counts what a Fetch would give. When it is too much, the client has to be silent for a time, gets nothing, and
   * nothing has been counted.
   */
  fetched(client: Client, sizeBytes: number): number {
    const found = this.#find('consumer_byte_rate', client)
    if (found === undefined) return 0
    const delayMs = this.#count(this.#fetched, found, sizeBytes)
    if (delayMs > 0) this.#fetched.of(found.sharedBy).record(-sizeBytes, this.clock.monotonicMs())
    return delayMs
  }

  /** The most that one Fetch may give so that it isn't refused for ever. */
  maxFetchBytes(client: Client): number {
    const found = this.#find('consumer_byte_rate', client)
    if (found === undefined) return Number.POSITIVE_INFINITY
    const { sampleCount, windowMs } = this.windows.client
    return Math.floor((found.limit * (sampleCount - 1) * windowMs) / 1000)
  }

  /** Counts the time that a request took the broker; the quota is in percent of it. */
  worked(client: Client, elapsedMs: number): number {
    const found = this.#find('request_percentage', client)
    if (found === undefined) return 0
    return Math.min(this.#count(this.#requestTime, found, elapsedMs / 10), this.windows.client.windowMs)
  }

  /** The quota of a request that makes or deletes partitions. One that isn't strict lets everything pass, and delays. */
  mutations(client: Client, isStrict: boolean): MutationQuota {
    const found = this.#find('controller_mutation_rate', client)
    if (found === undefined) return unlimited
    return new BucketQuota(this.#mutations.of(found.sharedBy), found.limit, isStrict, this.clock)
  }

  /** Counts a new connection; gives the time that it is to be kept waiting before it is closed, 0 to let it in. */
  connected(host: string): number {
    const found = this.#limits.ofAddress(host)
    if (found === undefined) return 0
    const delayMs = this.#count(this.#connections, found, 1)
    if (delayMs === 0) return 0
    this.#connections.of(found.sharedBy).record(-1, this.clock.monotonicMs())
    return Math.min(delayMs, this.windows.client.windowMs)
  }

  #find(name: string, { clientId }: Client): FoundLimit | undefined {
    return this.#isActive ? this.#limits.ofClient(name, ANONYMOUS, clientId ?? '') : undefined
  }

  #count(meters: Meters<Rate>, { limit, sharedBy }: FoundLimit, value: number): number {
    const nowMs = this.clock.monotonicMs()
    const rate = meters.of(sharedBy)
    rate.record(value, nowMs)
    return throttleMs(rate, limit, nowMs)
  }
}

class BucketQuota implements MutationQuota {
  readonly isLimited = true
  #overdrawnAtMs: number | undefined

  constructor(
    private readonly bucket: TokenBucket,
    private readonly perSecond: number,
    private readonly isStrict: boolean,
    private readonly clock: Clock,
  ) {}

  take(partitionCount: number): void {
    const nowMs = this.clock.monotonicMs()
    if (this.isStrict && this.bucket.tokens(this.perSecond, nowMs) < 0) {
      this.#overdrawnAtMs = nowMs
      throw new KafkaError('THROTTLING_QUOTA_EXCEEDED', 'The throttling quota has been exceeded.')
    }
    this.bucket.take(partitionCount, this.perSecond, nowMs)
    if (!this.isStrict && this.bucket.tokens(this.perSecond, nowMs) < 0) this.#overdrawnAtMs = nowMs
  }

  get throttleMs(): number {
    if (this.#overdrawnAtMs === undefined) return 0
    return this.bucket.throttleMs(this.perSecond, this.clock.monotonicMs())
  }
}

/** One meter for each that shares a limit; those not heard of for longest are forgotten. */
class Meters<Meter> {
  readonly #make: () => Meter
  readonly #meters = new Remembered<Meter>(MAX_METERS)

  constructor(make: () => Meter) {
    this.#make = make
  }

  get size(): number {
    return this.#meters.size
  }

  of(sharedBy: string): Meter {
    const known = this.#meters.get(sharedBy)
    if (known !== undefined) return known
    const meter = this.#make()
    this.#meters.set(sharedBy, meter)
    return meter
  }
}

const MAX_METERS = 10_000
