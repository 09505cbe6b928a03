/**
 * InitializeShareGroupState, ReadShareGroupState, WriteShareGroupState, DeleteShareGroupState and
 * ReadShareGroupStateSummary: what groups and partition leaders say to the share coordinator (KIP-932). Within this
 * broker they say it without a request; these are for others, tools above all. Each share partition has its own error.
 * A request that asks for nothing, or of no group, gets nothing. Source: apache/kafka `ShareCoordinatorService`.
 */
import type { SharePartitionStates } from '../../coordinator/share-state/share-coordinator.ts'
import type { SharePartitionKey } from '../../coordinator/share-state/share-partition-key.ts'
import { deleteShareGroupState } from '../../wire/apis/delete-share-group-state.ts'
import { initializeShareGroupState } from '../../wire/apis/initialize-share-group-state.ts'
import { readShareGroupState } from '../../wire/apis/read-share-group-state.ts'
import { readShareGroupStateSummary } from '../../wire/apis/read-share-group-state-summary.ts'
import { writeShareGroupState } from '../../wire/apis/write-share-group-state.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

interface StateRequest<P> {
  readonly groupId: string
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly P[] }[]
}

interface TopicResult<R> {
  readonly topicId: string
  readonly partitions: R[]
}

/** How the answer about a share partition begins, whatever the API. */
interface Outcome {
  readonly partition: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** What a state is said to be where there is none to tell of. */
const NO_STATE = { stateEpoch: 0, startOffset: 0 }
const NO_SUMMARY = { ...NO_STATE, leaderEpoch: 0, deliveryCompleteCount: -1 }

export function initializeShareGroupStateHandler(
  states: SharePartitionStates,
): Handler<typeof initializeShareGroupState> {
  const without = (outcome: Outcome) => outcome
  return {
    api: initializeShareGroupState,
    async handle({ groupId, topics }) {
      const asked = { groupId, topics: topics.filter(({ partitions }) => partitions.length > 0) }
      const work = async (
        key: SharePartitionKey,
        { stateEpoch, startOffset }: (typeof topics)[0]['partitions'][0],
      ) => await states.initialize(key, stateEpoch, startOffset)
      return { results: await eachPartition(asked, work, without) }
    },
    refuse: (request, error) => ({ results: allRefused(request, error, without) }),
  }
}

export function readShareGroupStateHandler(
  states: SharePartitionStates,
): Handler<typeof readShareGroupState> {
  const without = (outcome: Outcome) => ({ ...outcome, ...NO_STATE, stateBatches: [] })
  return {
    api: readShareGroupState,
    async handle(request) {
      const results = await eachPartition(
        request,
        async (key, { leaderEpoch }) => {
          const { batches, ...state } = await states.read(key, leaderEpoch)
          return { ...state, stateBatches: [...batches] }
        },
        without,
      )
      return { results }
    },
    refuse: (request, error) => ({ results: allRefused(request, error, without) }),
  }
}

export function readShareGroupStateSummaryHandler(
  states: SharePartitionStates,
): Handler<typeof readShareGroupStateSummary> {
  const without = (outcome: Outcome) => ({ ...outcome, ...NO_SUMMARY })
  return {
    api: readShareGroupStateSummary,
    async handle(request) {
      return { results: await eachPartition(request, (key) => states.summary(key), without) }
    },
    refuse: (request, error) => ({ results: allRefused(request, error, without) }),
  }
}

export function writeShareGroupStateHandler(
  states: SharePartitionStates,
): Handler<typeof writeShareGroupState> {
  const without = (outcome: Outcome) => outcome
  return {
    api: writeShareGroupState,
    async handle(request) {
      const results = await eachPartition(
        request,
        (key, { stateBatches, ...write }) => states.write(key, { ...write, batches: stateBatches }),
        without,
      )
      return { results }
    },
    refuse: (request, error) => ({ results: allRefused(request, error, without) }),
  }
}

export function deleteShareGroupStateHandler(
  states: SharePartitionStates,
): Handler<typeof deleteShareGroupState> {
  const without = (outcome: Outcome) => outcome
  return {
    api: deleteShareGroupState,
    async handle(request) {
      return { results: await eachPartition(request, (key) => states.delete(key), without) }
    },
    refuse: (request, error) => ({ results: allRefused(request, error, without) }),
  }
}

/** The outcome for every share partition that is asked about; where one is named twice, that of the last time. */
async function eachPartition<P extends { readonly partition: number }, T, R extends Outcome>(
  { groupId, topics }: StateRequest<P>,
  work: (key: SharePartitionKey, asked: P) => Promise<T>,
  without: (outcome: Outcome) => R,
): Promise<TopicResult<R | (Outcome & T)>[]> {
  if (groupId === '' || topics.some(({ partitions }) => partitions.length === 0)) return []
  const results = new Map<string, Map<number, Promise<R | (Outcome & T)>>>()
  for (const { topicId, partitions } of topics) {
    const ofTopic = results.get(topicId) ?? new Map<number, Promise<R | (Outcome & T)>>()
    results.set(topicId, ofTopic)
    for (const asked of partitions) {
      const { partition } = asked
      ofTopic.set(partition, outcomeOf(partition, work({ groupId, topicId, partition }, asked), without))
    }
  }
  return await Promise.all(
    [...results].map(async ([topicId, ofTopic]) => ({
      topicId,
      partitions: await Promise.all(ofTopic.values()),
    })),
  )
}

async function outcomeOf<T, R extends Outcome>(
  partition: number,
  working: Promise<T>,
  without: (outcome: Outcome) => R,
): Promise<R | (Outcome & T)> {
  try {
    return { ...(await working), partition, errorCode: NONE, errorMessage: null }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return without({ partition, errorCode: error.code, errorMessage: error.message })
  }
}

function allRefused<R>(
  { topics }: StateRequest<{ readonly partition: number }>,
  { code, message }: KafkaError,
  without: (outcome: Outcome) => R,
): TopicResult<R>[] {
  return topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map(({ partition }) =>
      without({ partition, errorCode: code, errorMessage: message }),
    ),
  }))
}
