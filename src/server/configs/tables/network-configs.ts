/** Broker configs of listeners, sockets, connections and requests. */
import { clusterWide, perBroker, readOnly, table } from '../definition.ts'
import { bool, int, list, long, nonEmptyList, oneOf, text } from '../kinds.ts'

export const networkConfigs = table({
  'advertised.listeners': readOnly(
    nonEmptyList(),
    null,
    'Addresses told to clients; when unset, each client hears the address of its listener.',
  ),
  'connections.max.idle.ms': readOnly(
    long(),
    '600000',
    'An idle connection is closed after this time; a negative value keeps it open.',
  ),
  'controlled.shutdown.enable': readOnly(
    bool(),
    'true',
    'Whether a stopping broker first hands over the partitions it leads.',
  ),
  'delete.records.purgatory.purge.interval.requests': readOnly(
    int(),
    '1',
    'Waiting DeleteRecords requests between two clean-ups of finished ones.',
  ),
  'early.start.listeners': readOnly(list(), null, 'Listeners that open before the broker is wholly started.'),
  'fetch.max.bytes': readOnly(
    int({ min: 1024 }),
    '57671680',
    'Largest answer to one fetch, whatever the client allows.',
  ),
  'fetch.purgatory.purge.interval.requests': readOnly(
    int(),
    '1000',
    'Waiting fetches between two clean-ups of finished ones.',
  ),
  'inter.broker.listener.name': readOnly(text(), null, 'Listener over which brokers talk with each other.'),
  'listener.security.protocol.map': perBroker(
    text(),
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'Security protocol of each listener name.',
  ),
  listeners: perBroker(
    nonEmptyList(),
    'PLAINTEXT://:9092',
    'Addresses on which the broker listens, each as NAME://host:port.',
  ),
  'max.connection.creation.rate': clusterWide(
    int({ min: 0 }),
    '2147483647',
    'New connections per second that the broker or listener takes.',
  ),
  'max.connections': clusterWide(int({ min: 0 }), '2147483647', 'Most connections at the same time.'),
  'max.connections.per.ip': clusterWide(
    int({ min: 0 }),
    '2147483647',
    'Most connections from one address at the same time.',
  ),
  'max.connections.per.ip.overrides': clusterWide(
    text(),
    '',
    'Own connection limits of some addresses, as host:limit pairs.',
  ),
  'max.incremental.fetch.session.cache.slots': readOnly(
    int({ min: 0 }),
    '1000',
    'Most fetch sessions kept at the same time.',
  ),
  'max.request.partition.size.limit': readOnly(
    int({ min: 1 }),
    '2000',
    'Most partitions named in one answer of DescribeTopicPartitions.',
  ),
  'num.io.threads': clusterWide(int({ min: 1 }), '8', 'Threads that work on requests.'),
  'num.network.threads': clusterWide(
    int({ min: 1 }),
    '3',
    'Threads per listener that read requests and write answers.',
  ),
  'producer.purgatory.purge.interval.requests': readOnly(
    int(),
    '1000',
    'Waiting produce requests between two clean-ups of finished ones.',
  ),
  'queued.max.request.bytes': readOnly(
    long(),
    '-1',
    'Bytes of queued requests at which reading from sockets pauses; -1 sets no such bound.',
  ),
  'queued.max.requests': readOnly(
    int({ min: 1 }),
    '500',
    'Queued requests at which reading from sockets pauses.',
  ),
  'request.timeout.ms': readOnly(
    int(),
    '30000',
    'How long the broker waits for answers to its own requests.',
  ),
  'security.inter.broker.protocol': readOnly(
    oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    'PLAINTEXT',
    'Security protocol between brokers.',
  ),
  'socket.connection.setup.timeout.max.ms': readOnly(
    long(),
    '30000',
    'Longest wait for a connection to another node.',
  ),
  'socket.connection.setup.timeout.ms': readOnly(
    long(),
    '10000',
    'First wait for a connection to another node.',
  ),
  'socket.listen.backlog.size': readOnly(int({ min: 1 }), '50', 'Connections that may wait to be accepted.'),
  'socket.receive.buffer.bytes': readOnly(
    int(),
    '102400',
    'Receive buffer of sockets; -1 leaves it to the system.',
  ),
  'socket.request.max.bytes': readOnly(int({ min: 1 }), '104857600', 'Largest request frame that is read.'),
  'socket.send.buffer.bytes': readOnly(
    int(),
    '102400',
    'Send buffer of sockets; -1 leaves it to the system.',
  ),
})
