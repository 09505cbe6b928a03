import type { Logger as Pino } from 'pino'
import type { LogFields, Logger, LogLevel } from './log.ts'

const ranks: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  silent: 99,
}

type Writable = 'debug' | 'info' | 'warn' | 'error'

/** A logger whose level can be changed while it is in use. */
export interface AdjustableLogger extends Logger {
  level: LogLevel
}

/**
 * JSON lines on standard error, by pino. The package is loaded when the first line is written: a quiet start, the
 * usual one, doesn't pay for it. Lines written while it loads are kept in order.
 */
export function pinoLogger(level: LogLevel): AdjustableLogger {
  const sink = new LazyPino()
  const enabled = (asked: LogLevel) => ranks[asked] >= ranks[logger.level]
  const writer = (lineLevel: Writable) => (fields: LogFields, message: string) => {
    if (enabled(lineLevel)) sink.write(lineLevel, fields, message)
  }
  const logger = {
    level,
    enabled,
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
  return logger
}

class LazyPino {
  #pino: Pino | undefined
  #waiting: (() => void)[] | undefined

  write(level: Writable, fields: LogFields, message: string): void {
    if (this.#pino !== undefined) this.#pino[level](fields, message)
    else this.#afterLoading(() => this.#pino?.[level](fields, message))
  }

  #afterLoading(line: () => void): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(line)
      return
    }
    this.#waiting = [line]
    void import('pino').then(({ pino, destination }) => {
      this.#pino = pino({ level: 'trace', base: null }, destination({ fd: 2, sync: true }))
      for (const waiting of this.#waiting ?? []) waiting()
      this.#waiting = []
    })
  }
}
