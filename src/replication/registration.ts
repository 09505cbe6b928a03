import type { ClusterMetadata } from './cluster-metadata.ts'
import { BROKERS, type BrokerRecord } from './metadata/records.ts'
import type { MetadataLease } from './metadata/store.ts'

/** How long a cluster waits for a broker that it doesn't hear of (Kafka's `broker.session.timeout.ms`). */
const BROKER_LEASE_MS = 9_000

/** A broker's place in the cluster: it is a member while its lease lives. */
export class BrokerRegistration {
  readonly #lease: MetadataLease

  private constructor(lease: MetadataLease) {
    this.#lease = lease
  }

  /** Makes the broker a member; when this resolves, its own image shows it. */
  static async register(
    metadata: ClusterMetadata,
    nodeId: number,
    broker: BrokerRecord,
  ): Promise<BrokerRegistration> {
    const lease = await metadata.store.lease(BROKER_LEASE_MS)
    const { revision } = await metadata.store.txn({
      puts: [{ key: `${BROKERS}${nodeId}`, value: JSON.stringify(broker), lease }],
    })
    await metadata.reached(revision)
    return new BrokerRegistration(lease)
  }

  /** Leaves the cluster. */
  withdraw(): Promise<void> {
    return this.#lease.revoke()
  }
}
