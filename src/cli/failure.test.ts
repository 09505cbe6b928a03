import kafkaJs from 'kafkajs'
import { expect, test } from 'vitest'
import { ConfigError } from '../server/configs/properties.ts'
import { CliFailure, kafkaErrorName, reportFailure, usage } from './failure.ts'

const { KafkaJSAggregateError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkaJs

test('a mistake in the command exits with 2, anything else with 1', () => {
  expect(reportFailure(usage('no')).exitCode).toBe(2)
  expect(reportFailure(new ConfigError('no')).exitCode).toBe(2)
  expect(reportFailure(new CliFailure('environment', 'no')).exitCode).toBe(1)
  expect(reportFailure(new TypeError('no')).exitCode).toBe(1)
})

test('several lines become one', () => {
  expect(reportFailure(new ConfigError('one\n  two\r\n')).line).toBe('one; two')
})

test("the broker's error is found under what kafkajs wraps around it, by Kafka's own name", () => {
  // kafkajs calls this code by the name it had before Kafka 2.6.
  const answer = Object.assign(new Error('This server is not the leader'), {
    type: 'NOT_LEADER_FOR_PARTITION',
    code: 6,
    retriable: true,
  })
  const inner = new KafkaJSProtocolError(answer)
  const wrapped = new KafkaJSNumberOfRetriesExceeded(inner, { retryCount: 5, retryTime: 1 })
  expect(reportFailure(wrapped).line).toBe('NOT_LEADER_OR_FOLLOWER: This server is not the leader')
  expect(kafkaErrorName(wrapped)).toBe('NOT_LEADER_OR_FOLLOWER')
})

test('each of several errors is told', () => {
  expect(reportFailure(new KafkaJSAggregateError('several', [new Error('one'), new Error('two')])).line).toBe(
    'one; two',
  )
})

test('a listener that hangs up may want TLS or a login', () => {
  const error = Object.assign(new Error('Closed connection'), {
    name: 'KafkaJSConnectionClosedError',
    broker: 'kafka:9093',
  })
  expect(reportFailure(error).line).toBe('kafka:9093 closed the connection; does it want --tls or --sasl?')
})

test('what is thrown without being an error is told as well', () => {
  expect(reportFailure('nothing').line).toBe('nothing')
})
