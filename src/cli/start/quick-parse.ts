import { parseArgs } from 'node:util'
import { type StartFlags, type StartOptionName, startOptions } from './options.ts'

/**
 * The arguments of a plain start, or `undefined` when there is anything else to them (another command, a question
 * for help, a mistake): then the whole command line interface is loaded, and has the last word.
 *
 * Loading commander costs 7–15 ms, a tenth of the time that a broker takes to be ready; `node:util` is there anyway.
 */
export function parsePlainStart(args: readonly string[]): StartFlags | undefined {
  const rest = args[0] === 'start' ? args.slice(1) : args
  try {
    return flagsFrom(parseArgs({ args: [...rest], options: quickOptions(), strict: true }).values)
  } catch {
    return undefined
  }
}

function quickOptions() {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = {}
  for (const option of startOptions) {
    options[option.name] = {
      type: 'value' in option ? 'string' : 'boolean',
      multiple: 'repeats' in option,
    }
  }
  return options
}

/** Keeps what is an option of the start, under the option's own name. */
export function flagsFrom(values: Readonly<Record<string, unknown>>): StartFlags {
  const flags: { [Name in StartOptionName]?: string | boolean | readonly string[] } = {}
  for (const { name } of startOptions) {
    const value = values[name] ?? values[camelCase(name)]
    if (typeof value === 'string' || typeof value === 'boolean') flags[name] = value
    else if (Array.isArray(value)) flags[name] = value.map(String)
  }
  return flags
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
