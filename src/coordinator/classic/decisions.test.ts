import fc from 'fast-check'
import { expect, test } from 'vitest'
import { realisticGroupConfig } from '../group-config.ts'
import { subscription } from '../group-scenario.fixture.ts'
import type { GroupDecision, JoinRequest } from './draft.ts'
import { type ClassicGroup, emptyGroup, type JoinReply, type Parked, type SyncReply } from './group.ts'
import { join } from './join.ts'
import { expirePhase, expireSession, leave, sync } from './membership.ts'

/**
 * Random runs of the pure decisions alone. Requests are made by members that exist as well as by strangers, deadlines
 * pass at any time, and appends may be refused.
 */

type Ticket = Parked<JoinReply> & Parked<SyncReply>

const names = fc.constantFrom('range', 'sticky', 'roundrobin')
const step = fc.record({
  kind: fc.constantFrom(
    'join',
    'join',
    'join',
    'rejoin',
    'rejoin',
    'sync',
    'sync',
    'leave',
    'expire',
    'phase',
  ),
  /** Which of the members, or of the ids given out, is meant. */
  pick: fc.nat({ max: 9 }),
  groupInstanceId: fc.option(fc.constantFrom('pod-0', 'pod-1'), { nil: null, freq: 3 }),
  protocols: fc.uniqueArray(names, { minLength: 1, maxLength: 3 }),
  requiresMemberId: fc.boolean(),
  canSkipAssignment: fc.boolean(),
  passMs: fc.nat({ max: 20_000 }),
  isRefused: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Run {
  group: ClassicGroup = emptyGroup('orders', 0)
  readonly waiting = new Set<Ticket>()
  #nowMs = 0
  #ids = 0
  readonly #config = { ...realisticGroupConfig, maxSize: 4 }

  take(step: Step): void {
    this.#nowMs += step.passMs
    const before = shown(this.group)
    const decision = this.#decide(step)
    expect(shown(this.group)).toBe(before)
    const refused = step.isRefused && decision.records.length > 0
    const outcome = refused ? decision.whenRefused?.('NOT_ENOUGH_REPLICAS') : decision
    // Without another way out the request itself is refused, and nothing has happened.
    if (outcome === undefined) this.waiting.delete(this.#lastTicket)
    else this.#become(outcome)
    this.#check()
  }

  #lastTicket: Ticket = { answer: () => undefined }

  #decide(step: Step): GroupDecision {
    const now = { wallMs: this.#nowMs, monotonicMs: this.#nowMs }
    const circumstances = { now, config: this.#config }
    const known = [...this.group.members.values()]
    const member = known[step.pick % Math.max(1, known.length)]
    const memberId = member?.memberId ?? 'nobody'
    const groupInstanceId = member?.groupInstanceId ?? null
    switch (step.kind) {
      case 'join':
        return join(
          this.group,
          this.#joinRequest(step, '', step.groupInstanceId),
          this.#park(),
          circumstances,
        )
      case 'rejoin': {
        const [pending] = this.group.pendingMemberIds
        const isPending = pending !== undefined && step.pick % 2 === 0
        const request = this.#joinRequest(
          step,
          isPending ? pending : memberId,
          isPending ? null : groupInstanceId,
        )
        return join(this.group, request, this.#park(), circumstances)
      }
      case 'sync': {
        const { groupId, generationId } = this.group
        const assignments = new Map(known.map((each) => [each.memberId, Buffer.from(each.memberId)]))
        const protocol = { protocolType: null, protocolName: null }
        const request = { groupId, generationId, memberId, groupInstanceId, assignments, ...protocol }
        return sync(this.group, request, this.#park(), circumstances)
      }
      case 'leave':
        return leave(this.group, [{ memberId, groupInstanceId, reason: null }], circumstances).decision
      case 'expire': {
        const [pending] = this.group.pendingMemberIds
        return expireSession(this.group, pending ?? memberId, circumstances)
      }
      default:
        return expirePhase(this.group, circumstances)
    }
  }

  #joinRequest(step: Step, memberId: string, groupInstanceId: string | null): JoinRequest {
    this.#ids++
    return {
      groupId: 'orders',
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: step.protocols.map((name) => ({ name, metadata: subscription(`topic-${step.pick % 2}`) })),
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
      reason: null,
      clientId: 'app',
      clientHost: '/127.0.0.1',
      freshMemberId: `member-${this.#ids}`,
      requiresMemberId: step.requiresMemberId,
      canSkipAssignment: step.canSkipAssignment,
    }
  }

  #park(): Ticket {
    const ticket: Ticket = {
      answer: () => {
        // Whoever is answered must have waited until now.
        expect(this.waiting.delete(ticket)).toBe(true)
      },
    }
    this.#lastTicket = ticket
    this.waiting.add(ticket)
    return ticket
  }

  #become({ group, answers }: GroupDecision): void {
    const risen = group.generationId - this.group.generationId
    expect([0, 1]).toContain(risen)
    for (const answer of answers) {
      if (answer.kind === 'join') answer.to.answer(answer.reply)
      else answer.to.answer(answer.reply)
    }
    this.group = group
  }

  #check(): void {
    const { phase, members, leaderId, protocolName, deadline, pendingMemberIds } = this.group
    const parked = [...members.values()].flatMap(({ joining, syncing }) => [joining, syncing])
    expect(new Set(parked.filter((ticket) => ticket !== null))).toEqual(this.waiting)
    if (phase !== 'PreparingRebalance') expect(members.size === 0).toBe(phase === 'Empty')
    if (members.size > 0) expect(members.has(leaderId ?? '')).toBe(true)
    expect([...members.keys()].filter((memberId) => pendingMemberIds.has(memberId))).toEqual([])
    const instances = [...members.values()].flatMap(({ groupInstanceId }) => groupInstanceId ?? [])
    expect(new Set(instances).size).toBe(instances.length)
    for (const { joining, syncing, protocols } of members.values()) {
      if (joining !== null) expect(phase).toBe('PreparingRebalance')
      if (syncing !== null) expect(phase).toBe('CompletingRebalance')
      if (phase === 'CompletingRebalance' || phase === 'Stable')
        expect(protocols.map(({ name }) => name)).toContain(protocolName)
    }
    // A rebalance under way always ends: somebody looks after it.
    if (phase === 'PreparingRebalance') expect(['initial-join', 'join']).toContain(deadline?.kind)
    if (phase === 'CompletingRebalance') expect(deadline?.kind ?? 'sync').toBe('sync')
    if (phase === 'Empty') expect(deadline).toBe(null)
  }
}

/** Everything about a group, as text. */
function shown(group: ClassicGroup): string {
  const plain = (_key: string, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value
  return JSON.stringify(group, plain)
}

test('whatever comes, no request is lost or answered twice, and the group stays consistent', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), (steps) => {
      const run = new Run()
      for (const each of steps) run.take(each)
    }),
    { numRuns: 500 },
  )
})
