import {
  type ClientQuota,
  clientQuotaKey,
  type QuotaEntityType,
} from '../../replication/metadata/client-records.ts'
import { Remembered } from '../remembered.ts'

/** A limit that holds for a client, and who shares it with him: all for whom `sharedBy` is the same. */
export interface FoundLimit {
  readonly limit: number
  readonly sharedBy: string
}

const MAX_REMEMBERED = 10_000

type Part = readonly [QuotaEntityType, string | null]

/**
 * Which limit holds for whom. The first of these that has one counts (`ClientQuotaManager`): the user with the client
 * id, the user with any client id, the user; then the same for the default user; then the client id, and the default
 * client id.
 */
export class QuotaLimits {
  readonly #names = new Set<string>()
  readonly #quotas: ReadonlyMap<string, ClientQuota>
  /** What was found before, by kind of limit and client, null for no limit: it is asked for with every request. */
  readonly #found = new Remembered<FoundLimit | null>(
    MAX_REMEMBERED,
    (key, found) => key.length + (found?.sharedBy.length ?? 0),
  )

  constructor(quotas: ReadonlyMap<string, ClientQuota>) {
    this.#quotas = quotas
    for (const { values } of quotas.values()) for (const name of values.keys()) this.#names.add(name)
  }

  /** Whether the limit is set for anybody. */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** Whether anything is limited for anybody but addresses. */
  get concernClients(): boolean {
    return this.#names.size > (this.#names.has('connection_creation_rate') ? 1 : 0)
  }

  ofClient(name: string, user: string, clientId: string): FoundLimit | undefined {
    if (!this.has(name)) return undefined
    const key = `${name} ${user.length} ${user} ${clientId}`
    const known = this.#found.get(key)
    if (known !== undefined) return known ?? undefined
    const found = this.#search(name, user, clientId)
    this.#found.set(key, found ?? null)
    return found
  }

  #search(name: string, user: string, clientId: string): FoundLimit | undefined {
    const both = JSON.stringify([user, clientId])
    const one = JSON.stringify([user])
    return (
      this.#of(name, both, ['user', user], ['client-id', clientId]) ??
      this.#of(name, both, ['user', user], ['client-id', null]) ??
      this.#of(name, one, ['user', user]) ??
      this.#of(name, both, ['user', null], ['client-id', clientId]) ??
      this.#of(name, both, ['user', null], ['client-id', null]) ??
      this.#of(name, one, ['user', null]) ??
      this.#of(name, clientId, ['client-id', clientId]) ??
      this.#of(name, clientId, ['client-id', null])
    )
  }

  ofAddress(host: string): FoundLimit | undefined {
    const name = 'connection_creation_rate'
    if (!this.has(name)) return undefined
    const local = host === '127.0.0.1' || host === '::1' ? 'localhost' : host
    return (
      this.#of(name, host, ['ip', host]) ??
      this.#of(name, host, ['ip', local]) ??
      this.#of(name, host, ['ip', null])
    )
  }

  #of(name: string, sharedBy: string, ...parts: readonly Part[]): FoundLimit | undefined {
    const limit = this.#quotas.get(clientQuotaKey(new Map(parts)))?.values.get(name)
    return limit === undefined ? undefined : { limit, sharedBy }
  }
}
