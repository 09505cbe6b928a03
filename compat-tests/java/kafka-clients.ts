import { fileURLToPath } from 'node:url'
import { kafkaJars, kafkaVersion } from '../brokers/kafka-jars.ts'
import { Missing } from '../foreign/cache.ts'
import { type ForeignClient, foreignClient } from '../foreign/foreign-client.ts'
import { javaProgram } from '../foreign/java.ts'

const sources = fileURLToPath(new URL('.', import.meta.url))

/**
 * The cases of one program of this folder, which needs clients and a broker of the release `since` or later. Its
 * programs share a line on the report card.
 */
export function kafkaClients(main: string, since: string, cases: ForeignClient['cases']): void {
  foreignClient({
    name: 'kafka-clients (Java)',
    version: kafkaVersion,
    program: async () => {
      if (kafkaVersion < since) throw new Missing(`${main}.java is written for Kafka ${since}`)
      return await javaProgram(sources, main, kafkaJars)
    },
    timeoutMs: 240_000,
    cases,
  })
}
