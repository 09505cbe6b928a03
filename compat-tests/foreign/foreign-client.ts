import { beforeAll, describe, expect, test } from 'vitest'
import { type Command, RunningProcess } from '../brokers/child-process.ts'
import { broker } from '../target.ts'
import { Missing } from './cache.ts'
import type { Feature } from './features.ts'

/**
 * A client in another language. Its cases live in one program of that language, which takes the broker's address as
 * its last argument, runs them all and prints a line for each: "ok NAME", "failed NAME: WHY" or "skipped NAME: WHY".
 */
export interface ForeignClient {
  readonly name: string
  readonly version: string
  /** Fetches and builds what is not there yet. Rejects with `Missing` where this machine cannot. */
  program(): Promise<Command>
  /** How long all cases together may take, without fetching and building. */
  readonly timeoutMs: number
  /** Each case by the name that the program prints, with the feature it belongs to and what it shows. */
  readonly cases: Readonly<Record<string, readonly [Feature, string]>>
  readonly lacks?: Partial<Record<Feature, string>>
}

const buildTimeoutMs = 600_000

export function foreignClient(client: ForeignClient): void {
  describe(`${client.name} ${client.version}`, () => {
    let missing: string | undefined = broker.unavailable
    let outcomes = new Map<string, string>()
    let ending = ''

    beforeAll(async () => {
      if (missing !== undefined) return
      const command = await client.program().catch((error: unknown) => {
        if (!(error instanceof Missing)) throw error
        missing = error.message
        console.warn(`the cases of ${client.name} are skipped: ${missing}`)
        return undefined
      })
      if (command === undefined) return
      const program = new RunningProcess(client.name, {
        ...command,
        args: [...command.args, broker.bootstrap],
      })
      const timer = setTimeout(() => void program.kill(), client.timeoutMs)
      await program.exited
      clearTimeout(timer)
      outcomes = outcomesIn(program.output)
      ending = program.output.slice(-2_000)
    }, buildTimeoutMs + client.timeoutMs)

    for (const [name, [feature, sentence]] of Object.entries(client.cases)) {
      const card = { client: client.name, version: client.version, feature, lacks: client.lacks ?? {} }
      test(sentence, { meta: { card } }, (context) => {
        if (missing !== undefined) context.skip(missing)
        const outcome = outcomes.get(name) ?? `not reached; the program printed at its end:\n${ending}`
        if (outcome.startsWith('skipped')) context.skip(outcome)
        expect(outcome).toBe('ok')
      })
    }

    test('every case that the program ran is listed here', (context) => {
      if (missing !== undefined) context.skip(missing)
      expect([...outcomes.keys()].filter((name) => client.cases[name] === undefined)).toEqual([])
    })
  })
}

function outcomesIn(output: string): Map<string, string> {
  const lines = output.matchAll(/^(ok|failed|skipped) (\w+)(.*)$/gm)
  return new Map([...lines].map(([, how, name, why]) => [`${name}`, `${how}${why}`]))
}
