/**
 * AlterUserScramCredentials v0: sets and removes what logins of users are checked against (KIP-554). A client sends the
 * salted password; stored are the two keys that follow from it, as RFC 5802 has it.
 *
 * Source: apache/kafka `ScramControlManager.alterCredentials`.
 */
import { createHash, createHmac } from 'node:crypto'
import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import { formatScram, type ScramCredential, scramKey } from '../../replication/metadata/client-records.ts'
import type { InTurn } from '../../runtime/in-turn.ts'
import { alterUserScramCredentials } from '../../wire/apis/alter-user-scram-credentials.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof alterUserScramCredentials>
type Upsertion = Request['upsertions'][number]

/** Hashes by Kafka's numbers of the mechanisms. */
const hashes: ReadonlyMap<number, string> = new Map([
  [1, 'sha256'],
  [2, 'sha512'],
])
const MIN_ITERATIONS = 4096
const MAX_ITERATIONS = 16384

export function alterUserScramCredentialsHandler(
  metadata: ClusterMetadata,
  inTurn: InTurn,
): Handler<typeof alterUserScramCredentials> {
  return {
    api: alterUserScramCredentials,
    handle: (request) =>
      inTurn(async () => {
        const decision = decide(request, (key) => metadata.image.scramCredentials.has(key))
        const users = [...decision]
        const puts = users.flatMap(([, each]) => ('put' in each ? [each.put] : []))
        const deletes = users.flatMap(([, each]) => ('drop' in each ? [each.drop] : []))
        if (puts.length + deletes.length > 0)
          await metadata.commit({
            puts: puts.map((credential) => ({
              key: scramKey(credential.user, credential.mechanism),
              value: formatScram(credential),
            })),
            deletes,
          })
        return {
          results: users.map(([user, each]) => row(user, each instanceof KafkaError ? each : undefined)),
        }
      }),
    refuse: (request, error) => ({
      results: [...new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))].map(
        (user) => row(user, error),
      ),
    }),
  }
}

/** What becomes of a user: its credential is set, the one of this key is dropped, or neither. */
type Outcome = { readonly put: ScramCredential } | { readonly drop: string } | KafkaError

/** One outcome for each user, as no user may be altered twice in a request. */
function decide({ deletions, upsertions }: Request, exists: (key: string) => boolean): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  const add = (user: string, decided: () => Outcome) => {
    const before = outcomes.get(user)
    if (before instanceof KafkaError) return
    outcomes.set(user, before === undefined ? decided() : twice())
  }
  for (const { name, mechanism } of deletions)
    add(name, () => {
      const key = scramKey(name, mechanism)
      return problemOf(name, mechanism) ?? (exists(key) ? { drop: key } : missing())
    })
  for (const upsertion of upsertions)
    add(upsertion.name, () => problemOfUpsertion(upsertion) ?? { put: credentialOf(upsertion) })
  return outcomes
}

function problemOf(user: string, mechanism: number): KafkaError | undefined {
  if (user === '') return new KafkaError('UNACCEPTABLE_CREDENTIAL', 'Username must not be empty')
  if (!hashes.has(mechanism)) return new KafkaError('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
  return undefined
}

function problemOfUpsertion({
  name,
  mechanism,
  iterations,
  saltedPassword,
}: Upsertion): KafkaError | undefined {
  const problem = problemOf(name, mechanism)
  if (problem !== undefined) return problem
  if (iterations < MIN_ITERATIONS) return new KafkaError('UNACCEPTABLE_CREDENTIAL', 'Too few iterations')
  if (iterations > MAX_ITERATIONS) return new KafkaError('UNACCEPTABLE_CREDENTIAL', 'Too many iterations')
  // Kafka stumbles over it, and answers UNKNOWN_SERVER_ERROR.
  if (saltedPassword.length === 0)
    return new KafkaError('UNACCEPTABLE_CREDENTIAL', 'The salted password must not be empty')
  return undefined
}

function credentialOf({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): ScramCredential {
  const hash = hashes.get(mechanism) ?? ''
  const clientKey = createHmac(hash, saltedPassword).update('Client Key').digest()
  return {
    user: name,
    mechanism,
    iterations,
    salt: Buffer.from(salt),
    storedKey: createHash(hash).update(clientKey).digest(),
    serverKey: createHmac(hash, saltedPassword).update('Server Key').digest(),
  }
}

function twice(): KafkaError {
  return new KafkaError('DUPLICATE_RESOURCE', 'A user credential cannot be altered twice in the same request')
}

function missing(): KafkaError {
  return new KafkaError('RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist')
}

function row(user: string, error: KafkaError | undefined) {
  return { user, errorCode: error?.code ?? NONE, errorMessage: error?.message ?? null }
}
