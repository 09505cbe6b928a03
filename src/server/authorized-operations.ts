/**
 * Which operations a client may do on a resource, as a set of bits (KIP-430): bit n stands for `AclOperation` n.
 * Without an authorizer every operation that the resource type knows is allowed.
 * Source: apache/kafka `AclEntry.supportedOperations`, `AclOperation`.
 */
const operations = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

/** What a response carries when the client didn't ask. */
export const NOT_ASKED = -2147483648

export const allTopicOperations = bits([
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describeConfigs',
  'alterConfigs',
])

export const allGroupOperations = bits(['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'])

export const allClusterOperations = bits([
  'create',
  'alter',
  'describe',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
])

function bits(names: readonly (keyof typeof operations)[]): number {
  return names.reduce((set, name) => set | (1 << operations[name]), 0)
}
