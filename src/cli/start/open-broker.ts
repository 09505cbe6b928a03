import { type Broker, StartError, startBroker } from '../../server/start-broker.ts'
import { CliFailure } from '../failure.ts'
import type { StartSettings } from './settings.ts'

/** Starts the broker that the settings ask for. */
export async function openBroker({ data, advertised, actAs, ...settings }: StartSettings): Promise<Broker> {
  try {
    return await startBroker({
      ...settings,
      ...(data === undefined ? {} : { data }),
      ...(advertised === undefined ? {} : { advertised }),
      ...(actAs === undefined ? {} : { actAs }),
    })
  } catch (error) {
    if (error instanceof StartError) throw new CliFailure(error.kind, error.message)
    throw error
  }
}
