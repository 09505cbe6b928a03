import { connect } from 'node:net'
import { type Broker, startBroker } from '../../src/index.ts'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { apiByKey, apis } from '../../src/wire/catalog.ts'
import { encodeRequestFrame } from '../../src/wire/frame.ts'
import { decodeResponseHeader } from '../../src/wire/header.ts'

const VERSION = 3

/** The table of served APIs, from what a broker answers to ApiVersions. */
export async function apiTable(): Promise<string> {
  const broker = await startBroker()
  try {
    const rows = await servedApis(broker)
    const served = rows.map(({ apiKey, minVersion, maxVersion }) => {
      const name = apiByKey(apiKey)?.name ?? String(apiKey)
      return `| ${name} | ${apiKey} | ${minVersion}–${maxVersion} |`
    })
    const offered = new Set(rows.map(({ apiKey }) => apiKey))
    const missing = apis.filter(({ key }) => !offered.has(key)).map(({ name }) => name)
    const known = `${rows.length} of the ${apis.length} APIs of Kafka 4.4's broker listener are served, each with all its versions;`
    return [
      `${known} what is not served is not advertised.`,
      ...(missing.length === 0 ? [] : ['', `Not served: ${missing.join(', ')}.`]),
      '',
      '| API | key | versions |',
      '|---|---|---|',
      ...served,
    ].join('\n')
  } finally {
    await broker.close()
  }
}

function servedApis(
  broker: Broker,
): Promise<readonly { apiKey: number; minVersion: number; maxVersion: number }[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(broker.port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length < 4 || bytes.length < bytes.readInt32BE(0) + 4) return
      const frame = bytes.subarray(4)
      const { bodyAt } = decodeResponseHeader(frame, apiVersions, VERSION)
      resolve(apiVersions.response.decode(frame, VERSION, bodyAt).apiKeys)
      socket.destroy()
    })
    const software = { clientSoftwareName: 'odradek-docs', clientSoftwareVersion: '1' }
    for (const chunk of encodeRequestFrame(apiVersions, VERSION, 1, 'docs', software)) socket.write(chunk)
  })
}
