/** The config handlers of one broker, wired up for their tests. */

import type { ConfigChange } from '../../replication/controller.ts'
import type { alterConfigs } from '../../wire/apis/alter-configs.ts'
import type { describeConfigs } from '../../wire/apis/describe-configs.ts'
import type { incrementalAlterConfigs } from '../../wire/apis/incremental-alter-configs.ts'
import { errorName, type KafkaError } from '../../wire/errors.ts'
import type { Api } from '../../wire/schema/api.ts'
import { BrokerConfigs } from '../configs/broker-configs.ts'
import { type BrokerLoggers, type BrokerLogLevel, rootLogger } from '../configs/broker-loggers.ts'
import { type ConfigStore, MemoryConfigStore } from '../configs/config-store.ts'
import { testContext } from '../connection.fixture.ts'
import type { Handler } from '../handler.ts'

/** Kafka's numbers of resource types and operations, written out here as an independent witness. */
export const [TOPIC, BROKER, LOGGER, METRICS, GROUP] = [2, 4, 8, 16, 32] as const
export const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3] as const

const sourceNames = ['?', 'TOPIC', 'BROKER', 'ALL_BROKERS', 'STATIC', 'DEFAULT', 'LOGGER', 'METRICS', 'GROUP']

type Operation = [operation: number, name: string, value: string | null]

type Make<A extends Api> = (configs: BrokerConfigs, loggers: BrokerLoggers) => Handler<A>

/** The factories of the three handlers. */
export interface ConfigHandlers {
  readonly describe: Make<typeof describeConfigs>
  readonly alter: Make<typeof incrementalAlterConfigs>
  readonly replace: Make<typeof alterConfigs>
}

/** A broker's three config handlers, and short ways to ask them. */
export function wired(
  make: ConfigHandlers,
  properties: Record<string, string> = {},
  store: ConfigStore = new MemoryConfigStore(['t']),
) {
  const configs = new BrokerConfigs({
    nodeId: 7,
    store,
    properties: new Map(Object.entries(properties)),
    profile: 'realistic',
  })
  let level: BrokerLogLevel = 'INFO'
  const loggers = rootLogger(
    () => level,
    (to) => {
      level = to
    },
  )
  const describer = make.describe(configs, loggers)
  const alterer = make.alter(configs, loggers)
  const replacer = make.replace(configs, loggers)
  const alter = async (type: number, name: string, ...operations: Operation[]) => {
    const answer = await alterer.handle(
      { resources: [resource(type, name, ...operations)], validateOnly: false },
      testContext,
    )
    return errorName(answer?.responses[0]?.errorCode ?? -1)
  }
  return {
    describe: describer,
    alterer,
    replacer,
    alter,
    set: (type: number, name: string, config: string, value: string) =>
      alter(type, name, [SET, config, value]),
    async replace(type: number, name: string, values: Record<string, string | null>) {
      const entries = Object.entries(values).map(([config, value]) => ({ name: config, value }))
      const resources = [{ resourceType: type, resourceName: name, configs: entries }]
      const answer = await replacer.handle({ resources, validateOnly: false }, testContext)
      return errorName(answer?.responses[0]?.errorCode ?? -1)
    },
    overrides(type: number, name: string) {
      return Object.fromEntries(store.overrides(type === TOPIC ? 'topic' : 'broker', name))
    },
    async show(type: number, name: string, ...keys: string[]) {
      const wanted = {
        resourceType: type,
        resourceName: name,
        configurationKeys: keys.length === 0 ? null : keys,
      }
      const request = { resources: [wanted], includeSynonyms: true, includeDocumentation: false }
      const result = (await describer.handle(request, testContext))?.results[0]
      const found = result?.configs ?? []
      const line = (config: { name: string; value: string | null }, source = 0) =>
        `${config.name}=${config.value} ${sourceNames[source]}`
      return {
        error: errorName(result?.errorCode ?? -1),
        configs: found,
        shown: found.map(
          (config) => line(config, config.configSource) + (config.readOnly ? ' read-only' : ''),
        ),
        synonyms: found.map((config) =>
          (config.synonyms ?? []).map((synonym) => line(synonym, synonym.source)),
        ),
      }
    },
  }
}

export function resource(resourceType: number, resourceName: string, ...operations: Operation[]) {
  const configs = operations.map(([operation, name, value]) => ({
    configOperation: operation,
    name,
    value,
  }))
  return { resourceType, resourceName, configs }
}

/** Makes changes visible some turns later, or fails. */
export class SlowStore extends MemoryConfigStore {
  failure: KafkaError | undefined

  constructor() {
    super(['t'])
  }

  override async replace(changes: readonly ConfigChange[]): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    if (this.failure !== undefined) throw this.failure
    super.replace(changes)
  }
}
