import type { Disk } from '../runtime/disk.ts'
import { metadataLogValues } from '../storage/metadata-log.ts'
import { resourceTypes } from '../wire/config-resource.ts'
import { decodeKraftRecord, type KraftRecord } from '../wire/messages/kraft-metadata.ts'
import type { ConfigChange } from './controller.ts'
import type { ConfigResourceType } from './metadata/records.ts'

/** The resources whose configs are kept here, too, by Kafka's numbers. */
const keptTypes: ReadonlyMap<number, ConfigResourceType> = new Map([
  [resourceTypes.TOPIC, 'topic'],
  [resourceTypes.BROKER, 'broker'],
  [resourceTypes.CLIENT_METRICS, 'client-metrics'],
  [resourceTypes.GROUP, 'group'],
])

interface Resource {
  readonly resourceType: ConfigResourceType
  readonly name: string
  readonly overrides: Map<string, string>
}

/** What was configured in the cluster whose metadata log lies on this disk; nothing where none does. */
export function readKraftConfigs(disk: Disk): readonly ConfigChange[] {
  const found = new KraftConfigs()
  for (const value of metadataLogValues(disk)) {
    const record = decodeKraftRecord(value)
    if (record !== undefined) found.add(record)
  }
  return found.configs()
}

class KraftConfigs {
  readonly #resources = new Map<string, Resource>()
  readonly #topicNames = new Map<string, string>()
  /** The records of a transaction that isn't ended. */
  #open: KraftRecord[] | undefined

  configs(): readonly ConfigChange[] {
    return [...this.#resources.values()].filter(({ overrides }) => overrides.size > 0)
  }

  add(record: KraftRecord): void {
    if (record.kind === 'transaction begins') this.#open = []
    else if (record.kind === 'transaction is aborted') this.#open = undefined
    else if (record.kind === 'transaction ends') {
      for (const each of this.#open ?? []) this.#apply(each)
      this.#open = undefined
    } else if (this.#open !== undefined) this.#open.push(record)
    else this.#apply(record)
  }

  #apply(record: KraftRecord): void {
    if (record.kind === 'topic') this.#topicNames.set(record.body.topicId, record.body.name)
    else if (record.kind === 'topic removed') this.#removeTopic(record.body.topicId)
    else if (record.kind === 'config') this.#configure(record.body)
  }

  /** The configs of a topic go with it; one of the same name begins without. */
  #removeTopic(topicId: string): void {
    const name = this.#topicNames.get(topicId)
    this.#topicNames.delete(topicId)
    if (name !== undefined) this.#resources.delete(`topic/${name}`)
  }

  #configure(config: Extract<KraftRecord, { kind: 'config' }>['body']): void {
    const resourceType = keptTypes.get(config.resourceType)
    if (resourceType === undefined) return
    const key = `${resourceType}/${config.resourceName}`
    const known = this.#resources.get(key)
    const { overrides } = known ?? { overrides: new Map<string, string>() }
    if (known === undefined) this.#resources.set(key, { resourceType, name: config.resourceName, overrides })
    if (config.value === null) overrides.delete(config.name)
    else overrides.set(config.name, config.value)
  }
}
