import { type Transaction, transactionPhases } from '../../coordinator/transactions/transaction.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import type { Clock } from '../../runtime/clock.ts'
import { listTransactions } from '../../wire/apis/list-transactions.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof listTransactions>

/** States that may be asked for. The last two are never seen: nothing stays in them. */
const states: ReadonlySet<string> = new Set([...transactionPhases, 'Dead', 'PrepareEpochFence'])

/**
 * Lists the transactional ids that this broker coordinates, or those that every filter lets through (KIP-664, KIP-994,
 * KIP-1152). Source: apache/kafka `TransactionStateManager.listTransactionStates`.
 */
export function listTransactionsHandler(
  transactions: TransactionCoordinator,
  clock: Clock,
): Handler<typeof listTransactions> {
  return {
    api: listTransactions,
    async handle(request) {
      const matches = await patternOf(request.transactionalIdPattern)
      const found = (await transactions.list()).filter(
        (transaction) => passes(transaction, request, clock.nowMs()) && matches(transaction.transactionalId),
      )
      return {
        errorCode: NONE,
        unknownStateFilters: request.stateFilters.filter((state) => !states.has(state)),
        transactionStates: found.map(({ transactionalId, producerId, phase }) => ({
          transactionalId,
          producerId,
          transactionState: phase,
        })),
      }
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      unknownStateFilters: [],
      transactionStates: [],
    }),
  }
}

function passes(
  { producerId, phase, startMs }: Transaction,
  { producerIdFilters, stateFilters, durationFilter }: Request,
  nowMs: number,
): boolean {
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(producerId)) return false
  if (stateFilters.length > 0 && !stateFilters.includes(phase)) return false
  return durationFilter < 0 || nowMs - startMs > durationFilter
}

/** A pattern matches whole ids, in time that grows with their length only: RE2, as with Kafka. */
async function patternOf(pattern: string | null): Promise<(transactionalId: string) => boolean> {
  if (pattern === null || pattern === '') return () => true
  const { RE2JS, RE2JSSyntaxException } = await import('re2js')
  try {
    const compiled = RE2JS.compile(pattern)
    return (transactionalId) => compiled.matches(transactionalId)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    throw new KafkaError('INVALID_REGULAR_EXPRESSION', error.message)
  }
}
