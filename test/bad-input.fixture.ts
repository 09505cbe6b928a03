import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Clock } from '../src/runtime/clock.ts'
import { createTopics } from '../src/wire/apis/create-topics.ts'
import { produce } from '../src/wire/apis/produce.ts'
import { errorName } from '../src/wire/errors.ts'
import { encodeRequestFrame } from '../src/wire/frame.ts'
import type { Api, EncodableRequestOf } from '../src/wire/schema/api.ts'
import { Canary } from './fuzz/canary.ts'
import { inProcess, type LogLine, type Target } from './fuzz/target.ts'
import { RawClient } from './raw-client.ts'

const TURNS = 200

/** A broker, what it logs, and a well-behaved client that must never notice the others. */
export class Scene {
  private constructor(
    private readonly target: Target,
    private readonly lines: LogLine[],
    private readonly bugs: unknown[],
    private readonly bystander: Canary,
  ) {}

  static async open(options: { configs?: Record<string, string>; clock?: Clock } = {}): Promise<Scene> {
    const lines: LogLine[] = []
    const bugs: unknown[] = []
    const target = await inProcess({
      seed: 1,
      onBug: (error) => bugs.push(error),
      onLog: (line) => lines.push(line),
      ...options,
    })
    const scene = new Scene(target, lines, bugs, await Canary.start(await target.connect()))
    await scene.makeTopic('spool')
    return scene
  }

  async connect(): Promise<RawClient> {
    return RawClient.over(await this.target.connect())
  }

  async makeTopic(name: string, configs: Record<string, string> = {}): Promise<void> {
    const client = await this.connect()
    const { topics } = await client.request(createTopics, 5, {
      topics: [
        {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    client.close()
    expect(topics[0]?.errorCode).toBe(0)
  }

  /** Sends bytes and expects the connection to end, for a reason that is logged once. */
  async expectClosed(bytes: Buffer, reason: RegExp): Promise<void> {
    const client = await this.connect()
    this.lines.length = 0
    client.write(bytes)
    await client.closed
    expect(this.lines.map(({ level, message, fields }) => `${level}: ${message}: ${fields.reason}`)).toEqual([
      expect.stringMatching(reason),
    ])
  }

  /** The error that producing these bytes to one partition gets. */
  async produceError(
    records: Buffer | null,
    options: { version?: number; topic?: string; acks?: number } = {},
  ) {
    const client = await this.connect()
    const { version = 9, topic = 'spool', acks = -1 } = options
    const { responses } = await client.request(produce, version, {
      acks,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
    })
    client.close()
    return errorName(responses[0]?.partitionResponses[0]?.errorCode ?? 0)
  }

  /** Nobody else has noticed anything, nothing is left behind, and no bug has shown. */
  async expectUnmoved(): Promise<void> {
    for (let turn = 0; turn < TURNS && this.connections > 1; turn++) await nextTurn()
    await this.bystander.round()
    await nextTurn()
    expect(this.bugs).toEqual([])
    expect(this.target.load()).toMatchObject({
      connections: 1,
      requestMemoryBytes: 0,
      pendingProduces: 0,
      waitingFetches: 0,
    })
  }

  get connections(): number {
    return this.target.load()?.connections ?? 0
  }

  get requestMemoryBytes(): number {
    return this.target.load()?.requestMemoryBytes ?? 0
  }

  get closedFor(): unknown[] {
    return this.lines.map(({ fields }) => fields.reason)
  }

  async close(): Promise<void> {
    this.bystander.close()
    await this.target.close()
  }
}

export function frameOf<A extends Api>(api: A, version: number, value: EncodableRequestOf<A>): Buffer {
  return Buffer.concat(encodeRequestFrame(api, version, 1, 'client', value))
}

/** The frame without its last bytes, or with others behind it, its length field put right. */
export function resized(frame: Buffer, sizeBytes: number): Buffer {
  const copy = Buffer.alloc(sizeBytes)
  frame.copy(copy)
  copy.writeInt32BE(sizeBytes - 4, 0)
  return copy
}
