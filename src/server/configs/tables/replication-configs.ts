/** Broker configs of replicas, leaders and the broker's life in the cluster. */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import { bool, int, long, text } from '../kinds.ts'

export const replicationConfigs = table({
  'auto.leader.rebalance.enable': readOnly(
    bool(),
    'true',
    'Whether leadership returns to preferred replicas by itself.',
  ),
  'broker.heartbeat.interval.ms': readOnly(
    int(),
    '2000',
    'How often a broker tells the controller that it lives.',
  ),
  'broker.session.timeout.ms': readOnly(int(), '9000', 'A broker that is silent for this long is fenced.'),
  'controller.socket.timeout.ms': readOnly(
    int(),
    '30000',
    'How long a call between controller and broker may take.',
  ),
  'default.replication.factor': readOnly(
    int(),
    '1',
    'Replicas of topics that are created by themselves or ask for -1.',
  ),
  'follower.fetch.last.tiered.offset.enable': clusterWide(
    bool(),
    'false',
    'Whether an empty follower starts from the last offset in remote storage.',
  ),
  'initial.broker.registration.timeout.ms': readOnly(
    int(),
    '60000',
    'How long a starting broker tries to register before it gives up.',
  ),
  'leader.imbalance.check.interval.seconds': readOnly(
    long({ min: 1 }),
    '300',
    'How often leadership is compared with the preferred replicas.',
  ),
  'num.replica.alter.log.dirs.threads': readOnly(
    int(),
    null,
    'Threads that move replicas between data directories.',
  ),
  'num.replica.fetchers': clusterWide(int({ min: 1 }), '1', 'Fetchers per leading broker.'),
  'replica.fetch.backoff.ms': readOnly(int({ min: 0 }), '1000', 'Pause of a follower after a failed fetch.'),
  'replica.fetch.max.bytes': readOnly(
    int({ min: 0 }),
    '1048576',
    'Bytes per partition that a follower asks for at once.',
  ),
  'replica.fetch.min.bytes': readOnly(int(), '1', 'Bytes a leader waits for before it answers a follower.'),
  'replica.fetch.response.max.bytes': readOnly(
    int({ min: 0 }),
    '10485760',
    'Bytes that a follower asks for at once over all partitions.',
  ),
  'replica.fetch.wait.max.ms': readOnly(
    int(),
    '500',
    "Longest time that a follower's fetch waits at the leader.",
  ),
  'replica.high.watermark.checkpoint.interval.ms': readOnly(
    long(),
    '5000',
    'How often high watermarks are written down.',
  ),
  'replica.lag.time.max.ms': readOnly(
    long(),
    '30000',
    'A follower that is not caught up for this long leaves the in-sync replicas.',
  ),
  'replica.selector.class': readOnly(
    text(),
    null,
    'Class that picks the replica from which a consumer reads.',
  ),
  'replica.socket.receive.buffer.bytes': readOnly(
    int(),
    '65536',
    'Receive buffer of sockets for replication.',
  ),
  'replica.socket.timeout.ms': readOnly(int(), '30000', "How long a follower waits for a leader's answer."),
  'unclean.leader.election.enable': clusterWide(
    bool(),
    'false',
    'Whether a replica that is not in sync may lead when no other lives; records may be lost.',
  ),
  'unclean.leader.election.interval.ms': internal(
    readOnly(
      long({ min: 1 }),
      '300000',
      'How often leaderless partitions are tried for an unclean election.',
    ),
  ),
})
