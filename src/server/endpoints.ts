import type { BrokerImage } from '../replication/metadata/image.ts'
import type { ListenAddress } from '../runtime/network.ts'
import type { ConnectionInfo } from './handler.ts'

/**
 * The addresses that clients are told. A broker is told under the listener that the request came in on; this broker
 * itself under the very address that the client used, unless one is advertised. So it is reachable for whoever has
 * reached it, without any setting.
 */
export class Endpoints {
  constructor(
    readonly nodeId: number,
    /** Told instead of the address the client used: for port mappings, which a broker can't see. */
    private readonly advertised: { readonly host: string; readonly port: number | undefined } | undefined,
  ) {}

  /** Where this client reaches that broker. */
  of(broker: BrokerImage, connection: ConnectionInfo): ListenAddress {
    if (broker.id === this.nodeId) return this.#own(connection)
    const { listeners } = broker
    const listener = listeners.find(({ name }) => name === connection.listener) ?? listeners[0]
    return { host: listener?.host ?? '', port: listener?.port ?? -1 }
  }

  #own({ local }: ConnectionInfo): ListenAddress {
    if (this.advertised === undefined) return local
    return { host: this.advertised.host, port: this.advertised.port ?? local.port }
  }
}
