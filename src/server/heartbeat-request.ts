/** What is asked of every heartbeat of a member of a consumer or streams group, whatever else it says. */
import { LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from '../coordinator/modern/membership.ts'
import { KafkaError } from '../wire/errors.ts'

/** Whether the member leaves, for good or, as a static one, for a while. */
export function isLeaving(memberEpoch: number): boolean {
  return memberEpoch === LEAVE_EPOCH || memberEpoch === STATIC_LEAVE_EPOCH
}

/** Names may be missing where the protocol allows it, but not be blank. */
export function refuseBlank(names: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of Object.entries(names))
    if (value !== null && value.trim() === '') throw invalid(`${name} can't be empty.`)
}

/** Only static members leave for a while. */
export function requireInstance(memberEpoch: number, instanceId: string | null): void {
  if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId === null) throw invalid("InstanceId can't be null.")
}

export function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
