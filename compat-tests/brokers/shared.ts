import type { TestProject } from 'vitest/node'
import { type BrokerKind, BrokerUnavailable, type BrokerUnderTest, brokerKind } from './broker-under-test.ts'
import { startBroker } from './start.ts'

/** The broker that all files of a run share; a file that stops or kills one starts its own. */
export interface SharedBroker {
  readonly kind: BrokerKind
  readonly host: string
  readonly port: number
  readonly bootstrap: string
  /** Set when this machine cannot run a broker of the kind asked for; every suite is then skipped. */
  readonly unavailable: string | undefined
}

declare module 'vitest' {
  interface ProvidedContext {
    broker: SharedBroker
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let broker: BrokerUnderTest | undefined
  try {
    broker = await startBroker()
  } catch (error) {
    if (!(error instanceof BrokerUnavailable)) throw error
    console.warn(`compat-tests are skipped: ${error.message}`)
    project.provide('broker', {
      kind: brokerKind(),
      host: '',
      port: 0,
      bootstrap: '',
      unavailable: error.message,
    })
    return async () => {}
  }
  const { kind, host, port, bootstrap } = broker
  project.provide('broker', { kind, host, port, bootstrap, unavailable: undefined })
  return async () => await broker.dispose()
}
