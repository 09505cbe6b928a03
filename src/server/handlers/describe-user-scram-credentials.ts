/**
 * DescribeUserScramCredentials v0: which users have SCRAM credentials, with which mechanisms (KIP-554). No names, or
 * an empty list of them, ask for all.
 */
import type { ScramCredential } from '../../replication/metadata/client-records.ts'
import type { MetadataImage } from '../../replication/metadata/image.ts'
import { describeUserScramCredentials } from '../../wire/apis/describe-user-scram-credentials.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

export function describeUserScramCredentialsHandler(
  image: () => MetadataImage,
): Handler<typeof describeUserScramCredentials> {
  return {
    api: describeUserScramCredentials,
    handle({ users }) {
      const known = byUser(image())
      const names = users === null || users.length === 0 ? [...known.keys()] : users.map(({ name }) => name)
      const counts = new Map<string, number>()
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
      return {
        errorCode: NONE,
        errorMessage: '',
        results: [...counts].map(([user, count]) => describe(user, count, known.get(user) ?? [])),
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, results: [] }),
  }
}

function byUser(image: MetadataImage): Map<string, ScramCredential[]> {
  const users = new Map<string, ScramCredential[]>()
  for (const credential of image.scramCredentials.values()) {
    const others = users.get(credential.user)
    if (others === undefined) users.set(credential.user, [credential])
    else others.push(credential)
  }
  return users
}

function describe(user: string, count: number, credentials: readonly ScramCredential[]) {
  if (count > 1)
    return refused(
      user,
      new KafkaError(
        'DUPLICATE_RESOURCE',
        `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
      ),
    )
  if (credentials.length === 0)
    return refused(
      user,
      new KafkaError(
        'RESOURCE_NOT_FOUND',
        `Attempt to describe a user credential that does not exist: ${user}`,
      ),
    )
  const credentialInfos = credentials
    .map(({ mechanism, iterations }) => ({ mechanism, iterations }))
    .sort((one, other) => one.mechanism - other.mechanism)
  return { user, errorCode: NONE, errorMessage: '', credentialInfos }
}

function refused(user: string, { code, message }: KafkaError) {
  return { user, errorCode: code, errorMessage: message, credentialInfos: [] }
}
