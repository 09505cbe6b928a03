/** Alterations that a broker with the defaults of Kafka, node 7 with a topic `t`, is to refuse. */
import { type Alteration, decideAlterations } from './alter.ts'
import { BrokerConfigs } from './broker-configs.ts'
import { rootLogger } from './broker-loggers.ts'
import { MemoryConfigStore } from './config-store.ts'

type Operation = [operation: number, name: string, value: string | null]
export type Refusal = [
  why: string,
  type: number,
  name: string,
  operations: Operation[],
  error: string,
  message: string,
]

export function decide(alteration: Alteration) {
  const configs = new BrokerConfigs({
    nodeId: 7,
    profile: 'realistic',
    store: new MemoryConfigStore(['t']),
  })
  const loggers = rootLogger(
    () => 'INFO',
    () => undefined,
  )
  return decideAlterations(configs, loggers, [alteration], false)[0]
}
