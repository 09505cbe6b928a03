import { expect, test } from 'vitest'
import type { BrokerImage } from '../replication/metadata/image.ts'
import { Endpoints } from './endpoints.ts'
import type { ConnectionInfo } from './handler.ts'

const connection: ConnectionInfo = {
  id: 1,
  clientHost: '/10.0.0.7',
  listener: 'PLAINTEXT',
  local: { host: '10.0.0.1', port: 9092 },
  software: undefined,
  onClose: () => () => undefined,
  close: () => undefined,
}

function broker(id: number, ...listeners: [name: string, host: string, port: number][]): BrokerImage {
  return {
    id,
    rack: null,
    brokerEpoch: 1,
    listeners: listeners.map(([name, host, port]) => ({ name, host, port })),
  }
}

test('the broker itself is told under the address that the client used', () => {
  const endpoints = new Endpoints(1, undefined)
  expect(endpoints.of(broker(1, ['PLAINTEXT', '0.0.0.0', 1]), connection)).toEqual({
    host: '10.0.0.1',
    port: 9092,
  })
})

test('an advertised address is told instead, with the port that the client used if it has none', () => {
  const own = broker(1, ['PLAINTEXT', '0.0.0.0', 1])
  expect(new Endpoints(1, { host: 'outside', port: 29092 }).of(own, connection)).toEqual({
    host: 'outside',
    port: 29092,
  })
  expect(new Endpoints(1, { host: 'outside', port: undefined }).of(own, connection)).toEqual({
    host: 'outside',
    port: 9092,
  })
})

test('another broker is told under the listener that the request came in on', () => {
  const endpoints = new Endpoints(1, { host: 'outside', port: 1 })
  const other = broker(2, ['INTERNAL', 'in', 1], ['PLAINTEXT', 'plain', 2])
  expect(endpoints.of(other, connection)).toEqual({ host: 'plain', port: 2 })
  expect(endpoints.of(other, { ...connection, listener: 'NEW' })).toEqual({ host: 'in', port: 1 })
  expect(endpoints.of(broker(2), connection)).toEqual({ host: '', port: -1 })
})
