import { describe, expect, test } from 'vitest'
import {
  bool,
  type ConfigKind,
  double,
  gzipLevel,
  int,
  list,
  listOfWords,
  long,
  oneOf,
  password,
  shareOffsetReset,
  short,
  text,
  throttledReplicas,
} from './kinds.ts'

/** What Kafka 4.4 makes of the same texts (`ConfigDef.parseType` and the validators of its tables). */
const accepted: [what: string, kind: ConfigKind<unknown>, text: string, value: unknown, canonical: string][] =
  [
    ['blanks around a number', int(), ' 2000000 ', 2_000_000, '2000000'],
    ['a plus sign', int(), '+7', 7, '7'],
    [
      'the largest long, as the largest safe number',
      long(),
      '9223372036854775807',
      Number.MAX_SAFE_INTEGER,
      '9223372036854775807',
    ],
    ['a negative long', long({ min: -2 }), '-2', -2, '-2'],
    ['a boolean in capitals', bool(), 'TRUE', true, 'true'],
    ['a double without its zero', double(), ' .5 ', 0.5, '0.5'],
    ['a double with an exponent', double(), '1e-3', 0.001, '0.001'],
    ['a small double', double(), '0.0001', 0.0001, '1.0E-4'],
    ['the largest double', double(), '1.7976931348623157E308', Number.MAX_VALUE, '1.7976931348623157E308'],
    ['a whole double', double(), '1', 1, '1.0'],
    ['blanks in a list', list(), ' compact , delete', ['compact', 'delete'], 'compact,delete'],
    ['an empty list', list(), '', [], ''],
    ['blanks around a word', oneOf('gzip'), ' gzip ', 'gzip', 'gzip'],
    ['every replica', throttledReplicas(), '*', ['*'], '*'],
    ['some replicas', throttledReplicas(), '0:1, 1:2', ['0:1', '1:2'], '0:1,1:2'],
    ['no level for gzip', gzipLevel(), '-1', -1, '-1'],
    [
      'a duration',
      shareOffsetReset(),
      'by_duration:P1DT2H3M4.5S',
      'by_duration:P1DT2H3M4.5S',
      'by_duration:P1DT2H3M4.5S',
    ],
    ['any text', text(), '', '', ''],
    ['a password', password(), 'a=b', 'a=b', 'a=b'],
  ]

const refused: [what: string, kind: ConfigKind<unknown>, text: string, reason: string][] = [
  ['letters for a number', int(), 'abc', 'Not a number of type INT'],
  ['nothing for a number', int(), '', 'Not a number of type INT'],
  ['an exponent for an int', int(), '1e7', 'Not a number of type INT'],
  ['hexadecimal', long(), '0x10', 'Not a number of type LONG'],
  ['a fraction for a long', long(), '1.5', 'Not a number of type LONG'],
  ['more than an int', int(), '2147483648', 'Not a number of type INT'],
  ['more than a long', long(), '9223372036854775808', 'Not a number of type LONG'],
  ['more than a short', short(), '40000', 'Not a number of type SHORT'],
  ['less than the least', int({ min: 1_048_576 }), '1', 'Value must be at least 1048576'],
  ['more than the most', double({ min: 0, max: 1 }), '2', 'Value must be no more than 1'],
  ['a double with a tail', double(), '0.5x', 'Not a number of type DOUBLE'],
  ['no number at all', double(), 'NaN', 'Not a number of type DOUBLE'],
  ['yes', bool(), 'yes', 'Expected value to be either true or false'],
  ['a word in other letters', oneOf('gzip', 'zstd'), 'Gzip', 'String must be one of: gzip, zstd'],
  ['a strange word in a list', listOfWords(['a', 'b'], true), 'a,c', 'String must be one of: a, b'],
  ['a level beyond gzip', gzipLevel(), '10', 'Value must be between 1 and 9 or equal to -1'],
  ['level 0 of gzip', gzipLevel(), '0', 'Value must be between 1 and 9 or equal to -1'],
]

describe('a config takes', () => {
  test.each(accepted)('%s', (_what, kind, given, value, canonical) => {
    expect(kind.parse('x', given)).toEqual(value)
    expect(kind.canonical('x', given)).toBe(canonical)
  })
})

describe('a config refuses, with INVALID_CONFIG and the reason,', () => {
  test.each(refused)('%s', (_what, kind, given, reason) => {
    expect(() => kind.canonical('x', given)).toThrow(
      expect.objectContaining({ error: 'INVALID_CONFIG', message: expect.stringContaining(reason) }),
    )
  })

  test.each(['compact,compact', 'compact,,delete', 'compact,'])('the list %s', (given) => {
    expect(() => list().parse('x', given)).toThrow(expect.objectContaining({ error: 'INVALID_CONFIG' }))
  })

  test.each(['none', '0-1', '0:1,*'])('the replicas %s', (given) => {
    expect(() => throttledReplicas().parse('x', given)).toThrow(
      expect.objectContaining({ error: 'INVALID_CONFIG' }),
    )
  })

  test.each(['', 'foo', 'by_duration:', 'by_duration:P', 'by_duration:PT', 'by_duration:5s'])(
    'the place to begin %j',
    (given) => {
      expect(() => shareOffsetReset().parse('x', given)).toThrow(
        expect.objectContaining({ error: 'INVALID_CONFIG' }),
      )
    },
  )
})
