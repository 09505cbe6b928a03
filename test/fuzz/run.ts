import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { apis } from '../../src/wire/catalog.ts'
import { decodeRequestHeader } from '../../src/wire/header.ts'
import { ZERO_UUID } from '../../src/wire/schema/field.ts'
import { RawClient } from '../raw-client.ts'
import { Canary } from './canary.ts'
import { FrameSource, type FuzzFrame } from './frames.ts'
import { Janitor } from './janitor.ts'
import { Lane } from './lane.ts'
import { Learnt } from './learnt.ts'
import { Memory } from './memory.ts'
import type { Target } from './target.ts'
import type { World } from './values.ts'

export interface RunOptions {
  readonly seed: number
  /** Ends when so many frames were sent or so much time is over, whichever comes first. */
  readonly frames: number
  readonly seconds: number
  readonly firstFrame?: number
  readonly lanes?: number
  /** Whether the broker lives in this process, so that its memory can be watched. */
  readonly watchesMemory: boolean
  readonly onProgress?: (line: string) => void
  readonly onFailure?: (failure: Failure) => void
}

export interface Failure {
  readonly what: string
  /** The frame at fault, or those that were under way. */
  readonly frames: readonly FuzzFrame[]
}

export interface Outcome {
  readonly frames: number
  readonly answers: number
  readonly closed: number
  /** Frames on which the broker let their connection wait, longer than this run did. */
  readonly parked: number
  readonly seconds: number
  readonly canaryRecords: number
  readonly slowestCanaryMs: number
  readonly memory: Memory
  readonly failures: readonly Failure[]
}

/** A member whose connection has closed is missed only after a grace. */
const SETTLE_MS = 5_000
const LANES = 64
/** After so long without an answer a lane is left to itself for a while, then closed. */
const PATIENCE_MS = 30
const PARKED_MS = 300
const MAX_PARKED = 2000
/** How long a well-behaved client may have to wait for three answers, on a busy machine. */
const CANARY_DEADLINE_MS = 5_000
const MAX_FAILURES = 50
const LENGTH_BYTES = 4
const TURNS_BETWEEN_CHORES = 64
const FRAMES_BETWEEN_CLEANING = 50_000

export const worldTopics = ['fuzz-0', 'fuzz-1', 'fuzz-2', 'new-0', 'new-1', 'new.2']

/** One run: frames over many connections against a broker that serves a canary at the same time. */
export class Run {
  readonly failures: Failure[] = []
  readonly #target: Target
  readonly #options: RunOptions
  readonly #lanes: Lane[] = []
  #parked: Lane[] = []
  readonly #memory = new Memory()
  #learnt: Learnt | undefined
  #answers = 0
  #closed = 0
  #parkedCount = 0
  #sent = 0
  #startedMs = 0
  #isOver = false

  constructor(target: Target, options: RunOptions) {
    this.#target = target
    this.#options = options
  }

  /** An error of the broker that no request can excuse; the frames under way are its suspects. */
  bug(error: unknown): void {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#fail(`bug: ${what}`, this.#underWay())
  }

  async execute(): Promise<Outcome> {
    const { seed } = this.#options
    const canary = await Canary.start(
      await this.#target.connect(),
      this.#options.watchesMemory ? '' : `-${Date.now()}`,
    )
    const janitor = await Janitor.start(await this.#target.connect())
    await janitor.clean()
    const world = await this.#world(janitor)
    const served = apis.filter(({ key }) => world.served.has(key))
    this.#learnt = new Learnt(served, new Set([canary.topicId]))
    const source = new FrameSource(seed, world, this.#learnt)
    this.#startedMs = performance.now()
    const singing = this.#sing(canary)
    await this.#drive(source, janitor)
    const seconds = (performance.now() - this.#startedMs) / 1000
    this.#isOver = true
    await singing
    await this.#settle(canary, janitor)
    return {
      frames: this.#sent,
      answers: this.#answers,
      closed: this.#closed,
      parked: this.#parkedCount,
      seconds,
      canaryRecords: canary.acknowledgedRecords,
      slowestCanaryMs: canary.slowestMs,
      memory: this.#memory,
      failures: this.failures,
    }
  }

  async #drive(source: FrameSource, janitor: Janitor): Promise<void> {
    const { frames, seconds, firstFrame = 0, lanes = LANES } = this.#options
    for (let index = 0; index < lanes; index++) this.#lanes.push(await this.#open())
    let nextCleaning = FRAMES_BETWEEN_CLEANING
    for (let turn = 1; this.#sent < frames && this.failures.length < MAX_FAILURES; turn++) {
      const nowMs = performance.now()
      if (nowMs - this.#startedMs > seconds * 1000) break
      for (let index = 0; index < lanes && this.#sent < frames; index++)
        await this.#serve(index, () => source.frame(firstFrame + this.#sent++), nowMs)
      await nextTurn()
      if (turn % TURNS_BETWEEN_CHORES === 0) this.#closeParked(nowMs)
      if (this.#sent < nextCleaning) continue
      nextCleaning += FRAMES_BETWEEN_CLEANING
      await this.#clean(janitor)
    }
  }

  /** Sends the lane's next frame if it is free, or gives it up for a new one if it has waited long enough. */
  async #serve(index: number, next: () => FuzzFrame, nowMs: number): Promise<void> {
    let lane = this.#lanes[index]
    if (lane === undefined) return
    if (lane.isClosed) {
      this.#retire(lane)
      this.#closed++
    } else if (!lane.isIdle) {
      if (nowMs - lane.sentMs < PATIENCE_MS) return
      this.#park(lane)
    }
    if (lane.isClosed || !lane.isIdle) {
      lane = await this.#open()
      this.#lanes[index] = lane
    }
    lane.send(next(), nowMs)
  }

  async #open(): Promise<Lane> {
    const wrong = (frame: FuzzFrame | undefined, error: unknown) =>
      this.#fail(`a wrong answer: ${error instanceof Error ? error.message : error}`, frame ? [frame] : [])
    return new Lane(await this.#target.connect(), wrong, (frame, answer) =>
      this.#learnt?.learn(requestIn(frame), answer),
    )
  }

  #park(lane: Lane): void {
    this.#parkedCount++
    this.#parked.push(lane)
    if (this.#parked.length > MAX_PARKED) this.#retire(this.#parked.shift())
  }

  #closeParked(nowMs: number): void {
    const over = this.#parked.findIndex((lane) => nowMs - lane.sentMs < PARKED_MS)
    for (const lane of this.#parked.splice(0, over === -1 ? this.#parked.length : over)) this.#retire(lane)
  }

  #retire(lane: Lane | undefined): void {
    if (lane === undefined) return
    this.#answers += lane.answers
    lane.close()
  }

  /** The canary sings until the run is over; a round that is late or wrong is a failure. */
  async #sing(canary: Canary): Promise<void> {
    while (!this.#isOver && (await this.#sung(canary.round(), 'the canary'))) await sleep(2)
  }

  async #sung(work: Promise<void>, who: string): Promise<boolean> {
    const deadline = new AbortController()
    const late = sleep(CANARY_DEADLINE_MS, undefined, { signal: deadline.signal }).then(() => {
      throw new Error(`no answer within ${CANARY_DEADLINE_MS} ms`)
    })
    late.catch(() => undefined)
    try {
      await Promise.race([work, late])
      return true
    } catch (error) {
      this.#fail(`${who}: ${error instanceof Error ? error.message : error}`, this.#underWay())
      return false
    } finally {
      deadline.abort()
    }
  }

  /** Takes away what frames have built up and looks at what is left. */
  async #clean(janitor: Janitor): Promise<void> {
    // Whoever holds memory of the broker without sending is given up here, as no lane is looked after meanwhile.
    for (const lane of this.#parked.splice(0)) this.#retire(lane)
    for (const lane of this.#lanes) if (!lane.isIdle) lane.close()
    await nextTurn()
    await this.#sung(janitor.clean(), 'the janitor')
    const { onProgress, watchesMemory } = this.#options
    if (watchesMemory) this.#memory.sample(this.#target.diskBytes())
    const perSecond = Math.round((this.#sent / (performance.now() - this.#startedMs)) * 1000)
    const load = this.#target.load()
    const seen = load === undefined ? '' : `, ${this.#memory}, ${JSON.stringify(load)}`
    onProgress?.(`${this.#sent} frames, ${perSecond}/s${seen}`)
  }

  /** What is under way in the broker beside the canary and the janitor, once it has had time to finish. */
  async #leftOver(): Promise<Record<string, number> | undefined> {
    const untilMs = performance.now() + SETTLE_MS
    for (;;) {
      const load = this.#target.load()
      const left = load && { ...load, connections: load.connections - 2, fetchSessions: 0 }
      const isDone = left === undefined || Object.values(left).every((count) => count === 0)
      if (isDone || performance.now() > untilMs) return left
      await sleep(20)
    }
  }

  /** When all connections but the canary's are gone, nothing of theirs is left. */
  async #settle(canary: Canary, janitor: Janitor): Promise<void> {
    for (const lane of [...this.#lanes.splice(0), ...this.#parked.splice(0)]) this.#retire(lane)
    await sleep(50)
    await this.#clean(janitor)
    await this.#sung(canary.round(), 'the canary after the run')
    await this.#sung(canary.verify(), 'what was acknowledged to the canary')
    const left = await this.#leftOver()
    if (left !== undefined && Object.values(left).some((count) => count !== 0))
      this.#fail(`left over when nobody is connected: ${JSON.stringify(left)}`, [])
    if (!this.#memory.isBounded) this.#fail(`memory grows: ${this.#memory.history}`, [])
    canary.close()
    janitor.close()
  }

  async #world(janitor: Janitor): Promise<World> {
    await janitor.makeTopics(worldTopics.slice(0, 3))
    const client = RawClient.over(await this.#target.connect())
    const { topics } = await client.request(metadata, 12, { topics: null, allowAutoTopicCreation: false })
    const { apiKeys } = await client.request(apiVersions, 2, {})
    client.close()
    const served = new Set(apiKeys.map(({ apiKey }) => apiKey))
    const ours = topics.filter(({ name }) => name !== null && worldTopics.includes(name))
    return {
      topics: worldTopics,
      topicIds: [...ours.map(({ topicId }) => topicId), ZERO_UUID],
      served,
    }
  }

  #underWay(): FuzzFrame[] {
    return this.#lanes.flatMap(({ frame }) => (frame === undefined ? [] : [frame]))
  }

  /** Each kind of failure once. */
  #fail(what: string, frames: readonly FuzzFrame[]): void {
    if (this.failures.length >= MAX_FAILURES) return
    if (this.failures.some((known) => known.what === what)) return
    const failure = { what, frames }
    this.failures.push(failure)
    this.#options.onFailure?.(failure)
  }
}

/** What a sound frame asks for. */
function requestIn({ chunks, request }: FuzzFrame): unknown {
  const frame = Buffer.concat(chunks).subarray(LENGTH_BYTES)
  return request?.api.request.decode(frame, request.version, decodeRequestHeader(frame).bodyAt)
}
