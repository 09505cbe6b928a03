import { describe, expect, test } from 'vitest'
import { splitAddress, startSettings } from './settings.ts'

describe('what a broker is started with', () => {
  test('without a word it is localhost:9092 with data in ./.odradek', () => {
    expect(startSettings({}, {})).toEqual({
      host: 'localhost',
      port: 9092,
      data: './.odradek',
      advertised: undefined,
      profile: 'instant',
      actAs: undefined,
      configs: {},
      logLevel: 'warn',
      acceptLoss: false,
      notes: [],
    })
  })

  test('the command line wins over ODRADEK_*, that over KAFKA_*', () => {
    const container = { KAFKA_LISTENERS: 'PLAINTEXT://:1111', KAFKA_LOG_DIRS: '/kafka' }
    const own = { ...container, ODRADEK_PORT: '2222', ODRADEK_DATA: '/own' }
    expect(startSettings({}, container)).toMatchObject({ port: 1111, data: '/kafka', host: '0.0.0.0' })
    expect(startSettings({}, own)).toMatchObject({ port: 2222, data: '/own', host: '0.0.0.0' })
    expect(startSettings({ port: '3333', data: '/flag' }, own)).toMatchObject({ port: 3333, data: '/flag' })
  })

  test('configs are joined name by name in the same order', () => {
    const environment = {
      KAFKA_NUM_PARTITIONS: '2',
      KAFKA_LOG_RETENTION_MS: '5',
      ODRADEK_CONFIG: 'num.partitions=3,log.cleanup.policy=compact,delete',
    }
    expect(startSettings({ config: ['num.partitions=4', 'log.dir=a=b'] }, environment).configs).toEqual({
      'num.partitions': '4',
      'log.retention.ms': '5',
      'log.cleanup.policy': 'compact,delete',
      'log.dir': 'a=b',
    })
  })

  test('--memory leaves no folder, whatever the environment says', () => {
    expect(startSettings({ memory: true }, { ODRADEK_DATA: '/own', KAFKA_LOG_DIRS: '/kafka' }).data).toBe(
      undefined,
    )
    expect(startSettings({}, { ODRADEK_MEMORY: 'true', KAFKA_LOG_DIRS: '/kafka' }).data).toBe(undefined)
  })

  test('--data wins over ODRADEK_MEMORY', () => {
    expect(startSettings({ data: '/flag' }, { ODRADEK_MEMORY: '1' }).data).toBe('/flag')
  })

  test('an empty variable is one that is not set', () => {
    expect(startSettings({}, { ODRADEK_PORT: '', ODRADEK_MEMORY: '' }).port).toBe(9092)
  })

  test.each([
    [{ port: 'x' }, {}, 'port must be a number from 0 to 65535, not "x"'],
    [{ port: '65536' }, {}, 'port must be a number from 0 to 65535, not "65536"'],
    [{ port: '-1' }, {}, 'port must be a number from 0 to 65535, not "-1"'],
    [{ host: '' }, {}, '--host needs a value'],
    [{ profile: 'slow' }, {}, '--profile must be instant or realistic, not "slow"'],
    [
      { 'log-level': 'loud' },
      {},
      '--log-level must be trace, debug, info, warn, error or silent, not "loud"',
    ],
    [{ memory: true, data: '/x' }, {}, '--memory and --data exclude each other'],
    [
      {},
      { ODRADEK_MEMORY: 'true', ODRADEK_DATA: '/x' },
      'ODRADEK_MEMORY and ODRADEK_DATA exclude each other',
    ],
    [{}, { ODRADEK_ACCEPT_LOSS: 'maybe' }, 'ODRADEK_ACCEPT_LOSS must be true or false, not "maybe"'],
    [{ advertised: ':9092' }, {}, 'advertised address ":9092" must be host or host:port'],
    [{ advertised: 'a:b' }, {}, 'advertised port must be a number from 0 to 65535, not "b"'],
    [{ config: ['num.partitions'] }, {}, "Expected a config as name=value, got 'num.partitions'"],
  ])('%j with %j is refused: %s', (flags, environment, message) => {
    expect(() => startSettings(flags, environment)).toThrow(message)
  })
})

describe('an address', () => {
  test.each([
    ['kafka', 'kafka', undefined],
    ['kafka:9092', 'kafka', '9092'],
    ['[::1]:9092', '::1', '9092'],
    ['[::1]', '::1', undefined],
    ['::1', '::1', undefined],
  ])('%s is host %s and port %s', (text, host, port) => {
    expect(splitAddress(text)).toEqual({ host, port })
  })
})
