/**
 * The broker that a compatibility suite talks to: a real process behind a real port, with its data on disk. Which
 * one it is does not show to a test, so that every suite can be held against Apache Kafka first.
 */
export interface BrokerUnderTest {
  readonly kind: BrokerKind
  readonly host: string
  /** Stays the same over every restart. */
  readonly port: number
  /** `host:port`, as clients take it. */
  readonly bootstrap: string
  /** Where its logs lie, of a process on this machine. */
  readonly dataFolder?: string
  /** Ends the broker in its orderly way (SIGTERM) and resolves when it is gone. */
  stop(): Promise<void>
  /** Takes the broker away without a word (SIGKILL) and resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port and data; resolves when it serves. */
  start(): Promise<void>
  /** `stop`, then `start`. */
  restart(): Promise<void>
  /** Kills it and removes its data. Harmless when done twice. */
  dispose(): Promise<void>
}

export type BrokerKind = 'odradek' | 'kafka' | 'docker'

/** Broker configs with which Apache Kafka is started, in Kafka's names: one node, groups without a wait. */
export const kafkaConfigs: Readonly<Record<string, string>> = {
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
}

/** A reason why this machine cannot run that kind of broker; suites are then skipped with it as the message. */
export class BrokerUnavailable extends Error {}

export function brokerKind(): BrokerKind {
  const kind = process.env.ODRADEK_COMPAT_BROKER ?? 'odradek'
  if (kind === 'odradek' || kind === 'kafka' || kind === 'docker') return kind
  throw new Error(`ODRADEK_COMPAT_BROKER is "${kind}"; it can be odradek, kafka or docker`)
}
