import { type Listener, NetworkError } from '../runtime/network.ts'
import type { Server } from './server.ts'

/** The one listener there is so far. */
export const PLAINTEXT = 'PLAINTEXT'

const IPV4_LOOPBACK = '127.0.0.1'
const IPV6_LOOPBACK = '::1'
/** How often another free port is tried when the one that IPv4 got is taken on IPv6. */
const FREE_PORT_TRIES = 20

/**
 * Listens on a host and port. `localhost` means both loopback addresses under one port: clients disagree on which of
 * them the name stands for. A machine without IPv6 listens on the other alone.
 */
export async function listenOn(server: Server, host: string, port: number): Promise<Listener[]> {
  if (host !== 'localhost') return [await server.listen(PLAINTEXT, { host, port })]
  for (let attempt = 1; ; attempt++) {
    const first = await server.listen(PLAINTEXT, { host: IPV4_LOOPBACK, port })
    try {
      return [first, await server.listen(PLAINTEXT, { host: IPV6_LOOPBACK, port: first.address.port })]
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      if (error.code === 'ADDRESS_UNAVAILABLE') return [first]
      await first.close()
      if (port !== 0 || error.code !== 'ADDRESS_IN_USE' || attempt === FREE_PORT_TRIES) throw error
    }
  }
}
