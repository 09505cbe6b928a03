/** Alters configs: decides, carries out what was decided, and says for each resource how it went. */
import { KafkaError, NONE } from '../../wire/errors.ts'
import { type Alteration, type Decision, decideAlterations } from './alter.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import type { BrokerLoggers } from './broker-loggers.ts'
import type { ConfigStore } from './config-store.ts'

/** How the alteration of one resource went, in the fields that both APIs answer with. */
export interface AlterationResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

export interface AlterOptions {
  /** Whether overrides that aren't named go away (AlterConfigs) or stay (IncrementalAlterConfigs). */
  readonly replaces: boolean
  /** Whether to look only, and change nothing. */
  readonly validateOnly: boolean
}

/** Alters each resource for itself; one result for each, in their order. */
export function alterResources(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
  alterations: readonly Alteration[],
  { replaces, validateOnly }: AlterOptions,
): Promise<AlterationResult[]> {
  return configs.inTurn(async () => {
    const decisions = decideAlterations(configs, loggers, alterations, replaces)
    const failure = validateOnly ? undefined : await carryOut(configs.store, loggers, decisions)
    return alterations.map((alteration, index) => resultOf(alteration, decisions[index], failure))
  })
}

export function refusedAlteration(
  { resourceType, resourceName }: Pick<Alteration, 'resourceType' | 'resourceName'>,
  error: KafkaError,
): AlterationResult {
  return { errorCode: error.code, errorMessage: error.message, resourceType, resourceName }
}

function resultOf(
  alteration: Alteration,
  decision: Decision | undefined,
  failure: KafkaError | undefined,
): AlterationResult {
  if (decision !== undefined && 'error' in decision) return refusedAlteration(alteration, decision.error)
  if (failure !== undefined && decision !== undefined && 'change' in decision)
    return refusedAlteration(alteration, failure)
  const { resourceType, resourceName } = alteration
  return { errorCode: NONE, errorMessage: null, resourceType, resourceName }
}

/** Gives the error that kept the changes, all of them, from being made. */
async function carryOut(
  store: ConfigStore,
  loggers: BrokerLoggers,
  decisions: readonly Decision[],
): Promise<KafkaError | undefined> {
  for (const decision of decisions) {
    if (!('loggers' in decision)) continue
    for (const { logger, level } of decision.loggers) loggers.set(logger, level)
  }
  const changes = decisions.flatMap((decision) => ('change' in decision ? [decision.change] : []))
  if (changes.length === 0) return undefined
  try {
    await store.replace(changes)
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}
