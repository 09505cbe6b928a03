import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../src/index.ts'
import { nodeNetwork } from '../src/runtime/node-network.ts'
import { releaseNamed } from '../src/server/act-as/find-release.ts'
import { apiVersions } from '../src/wire/apis/api-versions.ts'
import { apiByKey } from '../src/wire/catalog.ts'
import { type KafkaDeclaration, protocolFolder, readDeclarations } from './kafka-declarations.ts'
import { RawClient } from './raw-client.ts'

/** What a broker of Kafka serves its clients, by Kafka's JSON files, against what this one says that it serves. */
const folder = protocolFolder()
if (folder === undefined)
  console.warn(
    "Kafka's message definitions are not at hand (ODRADEK_PROTOCOL_DIR): what is served is not checked",
  )
const declarations = folder === undefined ? [] : [...readDeclarations(folder).values()]
const listener = declarations.filter(({ listeners }) => listeners.includes('broker'))

describe.skipIf(folder === undefined)("the clients' listener", () => {
  let broker: Broker
  let offered: ReadonlyMap<number, { readonly minVersion: number; readonly maxVersion: number }>

  beforeAll(async () => {
    broker = await startBroker()
    const client = await RawClient.connect(nodeNetwork, { host: '127.0.0.1', port: broker.port })
    const software = { clientSoftwareName: '', clientSoftwareVersion: '' }
    const { apiKeys } = await client.request(apiVersions, 0, software)
    offered = new Map(apiKeys.map((row) => [row.apiKey, row]))
    client.close()
  })

  afterAll(() => broker.close())

  test('serves every API that Kafka serves there', () => {
    const missing = listener.filter(({ apiKey = -1 }) => !offered.has(apiKey)).map(nameOf)
    expect(missing).toEqual([])
  })

  test('serves no other', () => {
    const keys = new Set(listener.map(({ apiKey }) => apiKey))
    expect([...offered.keys()].filter((key) => !keys.has(key))).toEqual([])
  })

  test('serves each in all versions that Kafka has finished, and often in older ones', () => {
    for (const declaration of listener) {
      const { apiKey = -1 } = declaration
      const row = offered.get(apiKey)
      if (row === undefined) continue
      const [from = 0, until = from] = declaration.validVersions.split('-').map(Number)
      expect(row.minVersion, nameOf(declaration)).toBeLessThanOrEqual(from)
      expect(row.maxVersion, nameOf(declaration)).toBe(declaration.latestVersionUnstable ? until - 1 : until)
    }
  })

  test('is the one that acting as this very release gives', () => {
    const { versions } = releaseNamed('4.4') ?? { versions: new Map<number, never>() }
    expect([...versions.keys()].sort((one, other) => one - other)).toEqual(
      listener.map(({ apiKey = -1 }) => apiKey).sort((one, other) => one - other),
    )
    for (const [key, { max }] of versions) expect(max).toBe(apiByKey(key)?.maxStableVersion)
  })
})

function nameOf({ name }: KafkaDeclaration): string {
  return name.replace(/Request$/, '')
}
