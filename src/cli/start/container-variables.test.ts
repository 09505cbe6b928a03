import { describe, expect, test } from 'vitest'
import { containerSettings } from './container-variables.ts'

/** The variables of the usual single-node example for Kafka's image, with an outer and an inner listener. */
const composeFile = {
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:29093',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
  KAFKA_LISTENERS: 'CONTROLLER://:29093,PLAINTEXT_HOST://:9092,PLAINTEXT://:19092',
  KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT_HOST://localhost:9092,PLAINTEXT://broker:19092',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_LOG_DIRS: '/tmp/kraft-combined-logs',
  KAFKA_HEAP_OPTS: '-Xmx1g',
  CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
}

describe('the variables of a compose file for Kafka', () => {
  test('place the broker and configure it; what is about processes and quorums is passed over', () => {
    expect(containerSettings(composeFile)).toEqual({
      host: '0.0.0.0',
      port: '9092',
      advertised: 'localhost:9092',
      data: '/tmp/kraft-combined-logs',
      configs: new Map([
        ['node.id', '1'],
        ['offsets.topic.replication.factor', '1'],
      ]),
      notes: ['of KAFKA_LISTENERS, PLAINTEXT_HOST on port 9092 is served; left out: PLAINTEXT'],
    })
  })

  test('a listener of a name of its own is served when it is mapped to PLAINTEXT', () => {
    const settings = containerSettings({
      KAFKA_LISTENERS: 'docker://0.0.0.0:9094',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'docker:PLAINTEXT',
      KAFKA_ADVERTISED_LISTENERS: 'docker://kafka:9094',
    })
    expect(settings).toMatchObject({ host: '0.0.0.0', port: '9094', advertised: 'kafka:9094' })
  })

  test('an advertised address alone leaves host and port to the defaults', () => {
    const settings = containerSettings({ KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092' })
    expect(settings).toEqual({ advertised: 'kafka:9092', configs: new Map(), notes: [] })
  })

  test('an IPv6 address keeps its brackets', () => {
    const settings = containerSettings({ KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://[fd00::1]:9092' })
    expect(settings.advertised).toBe('[fd00::1]:9092')
  })

  test('variables of applications that happen to begin with KAFKA_ mean nothing', () => {
    const environment = { KAFKA_BROKERS: 'localhost:9092', KAFKA_CLIENT_ID: 'shop', KAFKA_URL: 'kafka://x' }
    expect(containerSettings(environment)).toEqual({ configs: new Map(), notes: [] })
  })

  test('a listener that wants TLS or a login is refused rather than served in the clear', () => {
    expect(() => containerSettings({ KAFKA_LISTENERS: 'SSL://:9093' })).toThrow(
      'KAFKA_LISTENERS asks for SSL on SSL; only PLAINTEXT is served',
    )
    const mapped = {
      KAFKA_LISTENERS: 'OUT://:9093',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'OUT:SASL_PLAINTEXT',
    }
    expect(() => containerSettings(mapped)).toThrow('SASL_PLAINTEXT on OUT')
  })

  test('a listener that is no address is refused', () => {
    expect(() => containerSettings({ KAFKA_LISTENERS: '9092' })).toThrow(
      'KAFKA_LISTENERS must be NAME://host:port,…, not "9092"',
    )
  })

  test('of several folders the first is used, and that is said', () => {
    expect(containerSettings({ KAFKA_LOG_DIRS: '/a,/b' })).toMatchObject({
      data: '/a',
      notes: ['of KAFKA_LOG_DIRS, /a is used; left out: /b'],
    })
  })
})
