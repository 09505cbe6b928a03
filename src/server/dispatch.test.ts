import { expect, test } from 'vitest'
import { BufferPool } from '../runtime/buffer-pool.ts'
import { silentLogger } from '../runtime/log.ts'
import { streamPair } from '../runtime/memory-network.ts'
import { apiVersions } from '../wire/apis/api-versions.ts'
import { deleteGroups } from '../wire/apis/delete-groups.ts'
import { errorCodes, KafkaError } from '../wire/errors.ts'
import { encodeRequestFrame } from '../wire/frame.ts'
import { decodeResponseHeader } from '../wire/header.ts'
import type { Api } from '../wire/schema/api.ts'
import { WireError } from '../wire/wire-error.ts'
import { Connection } from './connection.ts'
import { Dispatcher } from './dispatch.ts'
import { Exchange } from './exchange.ts'
import type { Handler } from './handler.ts'
import { MemoryPool } from './memory-pool.ts'

type Handle = Handler<typeof deleteGroups>['handle']

/** A dispatcher with one API, and the answer that leaves for one request to it. */
class Scene {
  readonly bugs: unknown[] = []
  readonly exchange: Exchange
  readonly connection: Connection
  readonly #dispatcher: Dispatcher

  constructor(handle: Handle) {
    const handler: Handler<typeof deleteGroups> = {
      api: deleteGroups,
      handle,
      refuse: ({ groupsNames }, { code }) => ({
        results: groupsNames.map((groupId) => ({ groupId, errorCode: code })),
      }),
    }
    const table: ReadonlyMap<number, Handler<Api>> = new Map<number, Handler<Api>>([
      [deleteGroups.key, handler],
      [apiVersions.key, { api: apiVersions, handle: () => undefined, refuse: () => undefined }],
    ])
    this.#dispatcher = new Dispatcher(table, silentLogger, (error) => this.bugs.push(error))
    const [, stream] = streamPair({ host: 'a', port: 1 }, { host: 'b', port: 2 })
    this.connection = new Connection(1, 'PLAINTEXT', stream, {
      limits: { maxFrameBytes: 1000, maxInFlightRequests: 10, maxUnsentBytes: 1000 },
      requestMemory: new MemoryPool(1000),
      buffers: new BufferPool(0),
      logger: silentLogger,
      dispatch: () => undefined,
      closed: () => undefined,
    })
    this.exchange = new Exchange(this.connection, 0)
  }

  /** Sends a request for the group `g`; gives the error that it is answered with, or `nothing`. */
  async errorAt(version = 1): Promise<number | 'nothing' | undefined> {
    const frame = Buffer.concat(encodeRequestFrame(deleteGroups, version, 5, 'me', { groupsNames: ['g'] }))
    this.dispatch(frame.subarray(4))
    await turn()
    if (this.exchange.answer === undefined) return undefined
    if (this.exchange.answer.length === 0) return 'nothing'
    const bytes = Buffer.concat(this.exchange.answer).subarray(4)
    const { correlationId, bodyAt } = decodeResponseHeader(bytes, deleteGroups, version)
    expect(correlationId).toBe(5)
    return deleteGroups.response.decode(bytes, version, bodyAt).results[0]?.errorCode
  }

  dispatch(frame: Buffer): void {
    this.#dispatcher.dispatch(frame, this.exchange, this.connection)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const success = { results: [{ groupId: 'g', errorCode: 0 }] }

test('an answer leaves in the version of its request, whether it comes at once or later', async () => {
  for (const version of [0, 1, 2]) {
    expect(await new Scene(() => success).errorAt(version)).toBe(0)
    expect(await new Scene(async () => success).errorAt(version)).toBe(0)
  }
})

test('a KafkaError, thrown or rejected with, becomes the refusal of the request', async () => {
  const error = new KafkaError('NON_EMPTY_GROUP')
  for (const handle of [
    () => Promise.reject(error),
    () => {
      throw error
    },
  ]) {
    const scene = new Scene(handle)
    expect(await scene.errorAt()).toBe(errorCodes.NON_EMPTY_GROUP)
    expect({ bugs: scene.bugs, isClosed: scene.connection.isClosed }).toEqual({ bugs: [], isClosed: false })
  }
})

test('any other error is a bug: it is reported, and the connection closed', async () => {
  const bug = new Error('a bug')
  for (const handle of [
    () => Promise.reject(bug),
    () => {
      throw bug
    },
  ]) {
    const scene = new Scene(handle)
    expect(await scene.errorAt()).toBe('nothing')
    expect({ bugs: scene.bugs, isClosed: scene.connection.isClosed }).toEqual({ bugs: [bug], isClosed: true })
  }
})

test('an answer that cannot be encoded closes its connection, and nobody else suffers', async () => {
  const scene = new Scene(() => ({ results: [{ groupId: 'g', errorCode: 99_999 }] }))
  expect(await scene.errorAt()).toBe('nothing')
  expect({ bugs: scene.bugs, isClosed: scene.connection.isClosed }).toEqual({ bugs: [], isClosed: true })
})

test('no answer at all is an answer without bytes', async () => {
  const scene = new Scene(() => undefined)
  expect(await scene.errorAt()).toBe('nothing')
  expect(scene.connection.isClosed).toBe(false)
})

test('the handler learns version, client and correlation from the header', async () => {
  let seen: unknown
  const scene = new Scene((_request, { apiVersion, clientId }) => {
    seen = { apiVersion, clientId }
    return success
  })
  await scene.errorAt(2)
  expect(seen).toEqual({ apiVersion: 2, clientId: 'me' })
})

test('bytes that hold no request are told with API, version and field', () => {
  const scene = new Scene(() => success)
  const frame = Buffer.concat(encodeRequestFrame(deleteGroups, 0, 5, 'me', { groupsNames: ['g'] })).subarray(
    4,
  )
  const cut = frame.subarray(0, frame.length - 1)
  expect(() => scene.dispatch(cut)).toThrow(WireError)
  expect(() => scene.dispatch(cut)).toThrow(/DeleteGroups v0.*groupsNames\[0\]/)
})

test('an API or a version that is not served is a WireError, except for ApiVersions', () => {
  const scene = new Scene(() => success)
  const header = (key: number, version: number) => {
    const bytes = Buffer.alloc(11)
    bytes.writeInt16BE(key, 0)
    bytes.writeInt16BE(version, 2)
    bytes.writeInt16BE(-1, 8)
    return bytes
  }
  expect(() => scene.dispatch(header(999, 0))).toThrow('no API has the key 999')
  expect(() => scene.dispatch(header(deleteGroups.key, 9))).toThrow('DeleteGroups has no version 9')
  scene.dispatch(header(apiVersions.key, 99))
  const answer = Buffer.concat(scene.exchange.answer ?? []).subarray(8)
  expect(apiVersions.response.decode(answer, 0)).toMatchObject({
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apiVersions.key, minVersion: 0 }],
  })
})
