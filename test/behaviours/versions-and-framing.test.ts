import { expect, test } from 'vitest'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { describeCluster } from '../../src/wire/apis/describe-cluster.ts'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { listGroups } from '../../src/wire/apis/list-groups.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { apis } from '../../src/wire/catalog.ts'
import { errorCodes } from '../../src/wire/errors.ts'
import { encodeRequestFrame } from '../../src/wire/frame.ts'
import { decodeResponse } from '../raw-client.ts'
import { isExternal, ownTest, useBroker } from './broker.ts'
import { fetchPartition, fetchRequest, NO_TOPIC, newTopic } from './requests.ts'

const broker = useBroker()
const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }
const noTopics = {
  topics: [],
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

/** A request header of version 1, and whatever is to follow it. */
function frame(apiKey: number, apiVersion: number, correlationId: number, rest: string): Buffer {
  const header = Buffer.alloc(8)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(apiVersion, 2)
  header.writeInt32BE(correlationId, 4)
  return Buffer.concat([header, Buffer.from(rest, 'hex')])
}

test('ApiVersions in a version that is too high is answered in version 0, with the range it may have', async () => {
  const client = await broker.connect()
  for (const version of [99, 32_767]) {
    client.writeFrame(frame(18, version, 5, '0002746100'))
    const answer = decodeResponse(apiVersions, 0, 5, await client.nextFrame())
    expect(answer.errorCode).toBe(errorCodes.UNSUPPORTED_VERSION)
    expect(answer.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: expect.any(Number) }])
    expect(answer.apiKeys[0]?.maxVersion).toBeGreaterThanOrEqual(4)
  }
  expect((await client.request(apiVersions, 3, software)).errorCode).toBe(0)
})

test('ApiVersions answers every version with the same rows, in the order of their keys', async () => {
  const versions = await broker.versions(apiVersions)
  expect(versions.slice(0, 5)).toEqual([0, 1, 2, 3, 4])
  const first = await broker.ask(apiVersions, 0, software)
  const keys = first.apiKeys.map(({ apiKey }) => apiKey)
  expect(keys).toEqual([...keys].sort((one, other) => one - other))
  for (const version of versions) {
    const answer = await broker.ask(apiVersions, version, software)
    expect(answer.errorCode).toBe(0)
    expect(answer.apiKeys).toEqual(first.apiKeys)
  }
})

test('topics go by id only where Metadata tells ids', async () => {
  const { apiKeys } = await broker.ask(apiVersions, 0, software)
  const most = new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]))
  expect(most.get(produce.key)).toBeGreaterThanOrEqual(13)
  expect(most.get(fetch.key)).toBeGreaterThanOrEqual(13)
  expect(most.get(metadata.key)).toBeGreaterThanOrEqual(12)
})

ownTest('what is advertised is what is declared, without unfinished versions', async () => {
  const { apiKeys } = await broker.ask(apiVersions, 0, software)
  const declared = new Map(apis.map((api) => [api.key, api]))
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    expect(minVersion).toBe(declared.get(apiKey)?.minVersion)
    expect(maxVersion).toBe(declared.get(apiKey)?.maxStableVersion)
  }
})

test('a client that tells nonsense for its software name gets INVALID_REQUEST from version 3 on', async () => {
  for (const version of await broker.versions(apiVersions)) {
    for (const wrong of ['', '-java', 'ja va', 'java-', 'jävä']) {
      for (const request of [
        { clientSoftwareName: wrong, clientSoftwareVersion: '1.0' },
        { clientSoftwareName: 'java', clientSoftwareVersion: wrong },
      ]) {
        const { errorCode, apiKeys } = await broker.ask(apiVersions, version, request)
        expect(errorCode, `v${version} ${wrong}`).toBe(version < 3 ? 0 : errorCodes.INVALID_REQUEST)
        expect(apiKeys.length > 0).toBe(version < 3)
      }
    }
    expect((await broker.ask(apiVersions, version, software)).errorCode).toBe(0)
  }
})

test('a client that wants another cluster or another node is told to bootstrap anew', async () => {
  const versions = await broker.versions(apiVersions, 5)
  if (!isExternal) expect(versions).toEqual([5])
  const { clusterId, controllerId } = await broker.ask(metadata, 9, noTopics)
  const codeFor = async (wantedCluster: string | null, nodeId: number) =>
    (await broker.ask(apiVersions, 5, { ...software, clusterId: wantedCluster, nodeId })).errorCode
  for (const _ of versions) {
    expect(await codeFor(clusterId, controllerId)).toBe(0)
    expect(await codeFor('AAAAAAAAAAAAAAAAAAAAAQ', controllerId)).toBe(errorCodes.REBOOTSTRAP_REQUIRED)
    expect(await codeFor(clusterId, 77)).toBe(errorCodes.REBOOTSTRAP_REQUIRED)
    expect(await codeFor(null, controllerId)).toBe(errorCodes.INVALID_REQUEST)
    expect(await codeFor(clusterId, -1)).toBe(errorCodes.INVALID_REQUEST)
  }
})

test('an unknown API ends the connection', async () => {
  for (const key of [-1, 999, 32_767]) {
    const client = await broker.connect()
    client.writeFrame(frame(key, 0, 1, '0002746100'))
    await client.closed
    expect(client.unclaimedFrames).toBe(0)
  }
})

test('a version that an API does not have ends the connection', async () => {
  for (const [api, version] of [
    [metadata, metadata.maxVersion + 1],
    [produce, produce.maxVersion + 1],
    [fetch, -1],
    [listGroups, 32_767],
  ] as const) {
    const client = await broker.connect()
    client.writeFrame(frame(api.key, version, 1, '000274610000'))
    await client.closed
    expect(client.unclaimedFrames).toBe(0)
  }
})

test('a request that ends too early ends the connection, and no other', async () => {
  const other = await broker.connect()
  const whole = Buffer.concat(encodeRequestFrame(metadata, 4, 1, 'ta', noTopics)).subarray(4)
  for (const sizeBytes of [0, 1, 7, 9, whole.length - 1]) {
    const client = await broker.connect()
    client.writeFrame(whole.subarray(0, sizeBytes))
    await client.closed
    expect(client.unclaimedFrames).toBe(0)
  }
  expect((await other.request(apiVersions, 0, software)).errorCode).toBe(0)
})

test('a length that is negative or beyond socket.request.max.bytes ends the connection', async () => {
  for (const length of [-1, -2_147_483_648, 104_857_601, 0x7fff_ffff]) {
    const client = await broker.connect()
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(length)
    client.write(bytes)
    await client.closed
  }
})

test('bytes behind a request are passed over', async () => {
  const client = await broker.connect()
  const whole = Buffer.concat(encodeRequestFrame(metadata, 4, 9, 'ta', noTopics)).subarray(4)
  client.writeFrame(Buffer.concat([whole, Buffer.from('surplus')]))
  expect(decodeResponse(metadata, 4, 9, await client.nextFrame()).brokers).toHaveLength(1)
})

test('a request may come byte by byte, and several in one piece', async () => {
  const client = await broker.connect()
  const one = Buffer.concat(encodeRequestFrame(metadata, 4, 1, 'ta', noTopics))
  for (const byte of one) client.write(Buffer.from([byte]))
  decodeResponse(metadata, 4, 1, await client.nextFrame())
  client.write(Buffer.concat([one, one, one]))
  for (let answer = 0; answer < 3; answer++) decodeResponse(metadata, 4, 1, await client.nextFrame())
})

test('any correlation id comes back, negative and repeated ones too', async () => {
  const client = await broker.connect()
  for (const correlationId of [0, -1, -2_147_483_648, 2_147_483_647, 7, 7])
    await client.request(metadata, 9, noTopics, { correlationId })
})

test('a client id may be missing, empty, long or foreign, in headers of both kinds', async () => {
  const client = await broker.connect()
  for (const version of [1, 9])
    for (const clientId of [null, '', 'x'.repeat(30_000), 'käfer-👾'])
      expect((await client.request(metadata, version, noTopics, { clientId })).brokers).toHaveLength(1)
})

test('tagged fields in a request header that nobody knows are passed over', async () => {
  const client = await broker.connect()
  // Client id "ta", two tagged fields: 0 with three bytes, 9 with none. Then Metadata v9 for no topic.
  const header = '00027461' + '02' + '0003aabbcc' + '0900'
  client.writeFrame(frame(metadata.key, 9, 3, `${header}01${'01'}${'0000'}00`))
  expect(decodeResponse(metadata, 9, 3, await client.nextFrame()).topics).toEqual([])
})

test('answers leave in the order of their requests, also when a later one is done first', async () => {
  const client = await broker.connect()
  const topic = await newTopic(broker)
  const waiting = client.send(
    fetch,
    12,
    fetchRequest([{ topic, partitions: [fetchPartition()] }], { maxWaitMs: 400, minBytes: 1 }),
  )
  const quick = client.send(describeCluster, 0, {
    includeClusterAuthorizedOperations: false,
    includeFencedBrokers: false,
  })
  await broker.settle()
  expect(client.unclaimedFrames).toBe(0)
  await broker.pass(400)
  decodeResponse(fetch, 12, waiting, await client.nextFrame())
  decodeResponse(describeCluster, 0, quick, await client.nextFrame())
})

test('a refusal has the shape of the request in every version', async () => {
  for (const version of await broker.versions(fetch)) {
    const asked = fetchRequest([{ topic: NO_TOPIC, partitions: [fetchPartition()] }])
    const answer = await broker.ask(fetch, version, asked)
    expect(answer.responses[0]?.partitions[0]?.errorCode, `v${version}`).toBe(
      version < 13 ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.UNKNOWN_TOPIC_ID,
    )
  }
})

test('features that may be at level 0 are told from ApiVersions v4 on, finalized ones from v3 on', async () => {
  const oldest = await broker.ask(apiVersions, 3, software)
  expect(oldest.supportedFeatures).toEqual([{ name: 'metadata.version', minVersion: 7, maxVersion: 33 }])
  const newer = await broker.ask(apiVersions, 4, software)
  expect(newer.supportedFeatures).toEqual([
    { name: 'group.version', minVersion: 0, maxVersion: 1 },
    { name: 'kraft.version', minVersion: 0, maxVersion: 1 },
    { name: 'metadata.version', minVersion: 7, maxVersion: 33 },
    { name: 'share.version', minVersion: 0, maxVersion: 2 },
    { name: 'streams.version', minVersion: 0, maxVersion: 1 },
    { name: 'transaction.version', minVersion: 0, maxVersion: 2 },
    { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1 },
  ])
  for (const { finalizedFeatures, finalizedFeaturesEpoch } of [oldest, newer]) {
    expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
    expect(finalizedFeatures).toContainEqual({
      name: 'metadata.version',
      maxVersionLevel: 33,
      minVersionLevel: 33,
    })
    for (const { maxVersionLevel } of finalizedFeatures) expect(maxVersionLevel).toBeGreaterThan(0)
  }
})
