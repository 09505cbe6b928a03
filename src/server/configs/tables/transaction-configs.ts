/** Broker configs of transactions and idempotent producers. */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import { bool, int, short } from '../kinds.ts'

export const transactionConfigs = table({
  'add.partitions.to.txn.retry.backoff.max.ms': readOnly(
    int({ min: 0 }),
    '100',
    'Longest pause between tries to add partitions to a transaction.',
  ),
  'add.partitions.to.txn.retry.backoff.ms': readOnly(
    int({ min: 1 }),
    '20',
    'Pause between tries to add partitions while an older transaction ends.',
  ),
  'producer.id.expiration.check.interval.ms': internal(
    readOnly(int({ min: 1 }), '600000', 'How often producer state is looked at for expiry.'),
  ),
  'producer.id.expiration.ms': clusterWide(
    int({ min: 1 }),
    '86400000',
    "How long a partition remembers an idle producer's sequence numbers.",
  ),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': readOnly(
    int({ min: 1 }),
    '10000',
    'How often transactions are looked at for their timeout.',
  ),
  'transaction.max.timeout.ms': readOnly(
    int({ min: 1 }),
    '900000',
    'Longest transaction timeout that a producer may ask for.',
  ),
  'transaction.partition.verification.enable': clusterWide(
    bool(),
    'true',
    'Whether a partition asks the coordinator before it takes part in a transaction.',
  ),
  'transaction.remove.expired.transaction.cleanup.interval.ms': readOnly(
    int({ min: 1 }),
    '3600000',
    'How often transactional ids are looked at for expiry.',
  ),
  'transaction.state.log.load.buffer.size': readOnly(
    int({ min: 1 }),
    '5242880',
    'Batch size for reading transaction state into memory.',
  ),
  'transaction.state.log.min.isr': readOnly(
    int({ min: 1 }),
    '2',
    'min.insync.replicas of the transaction state topic.',
  ),
  'transaction.state.log.num.partitions': readOnly(
    int({ min: 1 }),
    '50',
    'Partitions of the transaction state topic; not to be changed once it exists.',
  ),
  'transaction.state.log.replication.factor': readOnly(
    short({ min: 1 }),
    '3',
    'Replicas of the transaction state topic, as far as there are brokers.',
  ),
  'transaction.state.log.segment.bytes': readOnly(
    int({ min: 1 }),
    '104857600',
    'Segment size of the transaction state topic.',
  ),
  'transaction.two.phase.commit.enable': readOnly(
    bool(),
    'false',
    'Whether producers may take part in an external two-phase commit.',
  ),
  'transactional.id.expiration.ms': readOnly(
    int({ min: 1 }),
    '604800000',
    'How long an idle transactional id is remembered.',
  ),
})
