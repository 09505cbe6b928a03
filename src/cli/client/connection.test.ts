import { describe, expect, test } from 'vitest'
import { collectPartitions, connectionFrom } from './connection.ts'

describe('where the cluster is', () => {
  test('is localhost:9092 unless something is said', () => {
    expect(connectionFrom({}, {})).toEqual({
      brokers: [{ host: 'localhost', port: 9092 }],
      tls: false,
      sasl: undefined,
    })
  })

  test('the command line wins over the environment', () => {
    const environment = { ODRADEK_BOOTSTRAP: 'a:1', ODRADEK_TLS: 'true', ODRADEK_SASL: 'plain:u:p' }
    expect(connectionFrom({}, environment)).toEqual({
      brokers: [{ host: 'a', port: 1 }],
      tls: true,
      sasl: { mechanism: 'plain', username: 'u', password: 'p' },
    })
    expect(connectionFrom({ bootstrap: 'b,c:3' }, environment).brokers).toEqual([
      { host: 'b', port: 9092 },
      { host: 'c', port: 3 },
    ])
  })

  test('a password may hold colons', () => {
    expect(connectionFrom({ sasl: 'SCRAM-SHA-256:u:a:b' }, {}).sasl).toEqual({
      mechanism: 'scram-sha-256',
      username: 'u',
      password: 'a:b',
    })
  })

  test.each([
    [{ bootstrap: ':9092' }, '--bootstrap must be host:port, not ":9092"'],
    [{ bootstrap: 'a:x' }, 'the port of --bootstrap must be a number from 0 to 65535, not "x"'],
    [{ sasl: 'plain:u' }, '--sasl must be mechanism:user:password'],
    [{ sasl: 'magic:u:p' }, '--sasl knows plain, scram-sha-256 and scram-sha-512, not "magic"'],
  ])('%j is refused: %s', (flags, message) => {
    expect(() => connectionFrom(flags, {})).toThrow(message)
  })
})

test('partitions may be repeated or joined', () => {
  expect(collectPartitions('2,3', [1])).toEqual([1, 2, 3])
  expect(() => collectPartitions('1,x')).toThrow('It must be a whole number.')
})
