import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../src/index.ts'
import { nodeNetwork } from '../src/runtime/node-network.ts'
import { releaseNamed } from '../src/server/act-as/find-release.ts'
import { apiVersions } from '../src/wire/apis/api-versions.ts'
import { describeConfigs } from '../src/wire/apis/describe-configs.ts'
import { fetch } from '../src/wire/apis/fetch.ts'
import { metadata } from '../src/wire/apis/metadata.ts'
import { errorCodes } from '../src/wire/errors.ts'
import { ConnectionClosed, RawClient } from './raw-client.ts'

let broker: Broker

afterEach(() => broker.close())

async function connected(actAs: string): Promise<RawClient> {
  broker = await startBroker({ actAs })
  return await RawClient.connect(nodeNetwork, { host: '127.0.0.1', port: broker.port })
}

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const allTopics = {
  topics: null,
  allowAutoTopicCreation: false,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

const releases = ['0.10.2', '0.11', '1.1', '2.8', '3.9'] as const

describe.each(releases)('acting as Kafka %s', (release) => {
  test('kafkajs writes a record and reads it back in a group', async () => {
    broker = await startBroker({ actAs: release })
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] })
    await admin.disconnect()
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: 'orders', messages: [{ key: 'alice', value: 'one umbrella' }] })
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: 'warehouse' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const first = await new Promise<string>((resolve) => {
      void consumer.run({
        eachMessage: async ({ message }) => resolve(`${message.key} ordered ${message.value}`),
      })
    })
    expect(first).toBe('alice ordered one umbrella')
    await consumer.disconnect()
  })

  test('no version is offered that the release does not have', async () => {
    const client = await connected(release)
    const { apiKeys } = await client.request(apiVersions, 0, software)
    const versions = releaseNamed(release)?.versions
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      expect(maxVersion, String(apiKey)).toBeLessThanOrEqual(versions?.get(apiKey)?.max ?? -1)
      expect(minVersion, String(apiKey)).toBeGreaterThanOrEqual(versions?.get(apiKey)?.min ?? 0)
    }
    client.close()
  })

  test('a version that the release does not have ends the connection', async () => {
    const client = await connected(release)
    const beyond = (releaseNamed(release)?.versions.get(metadata.key)?.max ?? 0) + 1
    await client.request(metadata, beyond - 1, allTopics)
    await expect(client.request(metadata, beyond, allTopics)).rejects.toThrow(ConnectionClosed)
  })
})

test('a client that asks for versions in a newer way is told the way there is, from 2.4 on', async () => {
  const client = await connected('2.8')
  client.send(apiVersions, 4, software)
  const frame = await client.nextFrame()
  expect(apiVersions.response.decode(frame, 0, 4)).toMatchObject({
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apiVersions.key, minVersion: 0, maxVersion: 3 }],
  })
  client.close()
})

test('before 2.4 it is told no more than that there is no such way', async () => {
  const client = await connected('1.1')
  client.send(apiVersions, 3, software)
  const frame = await client.nextFrame()
  expect(apiVersions.response.decode(frame, 0, 4)).toMatchObject({
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [],
  })
  client.close()
})

test('tools find the release in the broker’s configs, up to 3.9', async () => {
  const protocolOf = async (release: string, version: number) => {
    const client = await connected(release)
    const resources = [
      { resourceType: 4, resourceName: '1', configurationKeys: ['inter.broker.protocol.version'] },
    ]
    const answer = await client.request(describeConfigs, version, { resources, includeSynonyms: false })
    client.close()
    await broker.close()
    return answer.results[0]?.configs.map(({ name, value }) => `${name}=${value}`)
  }
  expect(await protocolOf('2.8', 2)).toEqual(['inter.broker.protocol.version=2.8-IV1'])
  expect(await protocolOf('4.0', 4)).toEqual([])
})

test('features are those of the release', async () => {
  const client = await connected('3.9')
  const answer = await client.request(apiVersions, 4, software)
  expect(answer.supportedFeatures.map(({ name }) => name).sort()).toEqual([
    'kraft.version',
    'metadata.version',
    'transaction.version',
  ])
  expect(answer.finalizedFeatures).toEqual([
    { name: 'metadata.version', maxVersionLevel: 21, minVersionLevel: 21 },
  ])
  client.close()
})

test('an unknown release is refused before anything is started', async () => {
  broker = await startBroker()
  await expect(startBroker({ actAs: '2.9' })).rejects.toThrow(
    "there is no release '2.9' of Kafka to act as: known are 0.10.0 to 4.4",
  )
})

test('acting as nothing, all versions are there', async () => {
  broker = await startBroker()
  const client = await RawClient.connect(nodeNetwork, { host: '127.0.0.1', port: broker.port })
  const { apiKeys } = await client.request(apiVersions, 0, software)
  expect(apiKeys.find(({ apiKey }) => apiKey === fetch.key)).toMatchObject({
    minVersion: 0,
    maxVersion: fetch.maxStableVersion,
  })
  client.close()
})
