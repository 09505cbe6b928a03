import type { ConnectionInfo, RequestContext } from './handler.ts'

/** A connection of a client on this machine, which nothing closes. */
export const testConnection: ConnectionInfo = {
  id: 1,
  clientHost: '/127.0.0.1',
  listener: 'PLAINTEXT',
  local: { host: '127.0.0.1', port: 9092 },
  software: undefined,
  onClose: () => () => undefined,
  close: () => undefined,
}

/** A request that came over it. */
export const testContext: RequestContext = {
  apiVersion: 0,
  clientId: null,
  connection: testConnection,
  onSent: () => undefined,
}
