import type { ErrorName } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group } from '../group.ts'
import type { ShareAssignment } from './share-assignor.ts'
import { groupTombstones } from './share-group-records.ts'

export interface ShareMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: readonly string[]
}

/** What a member was told last. */
export interface ShareMemberState {
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly assigned: ShareAssignment
}

export interface SharedTopic {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}

/** Share partitions by what becomes of their state: it is being made, is there, is being deleted. */
export interface SharedTopics {
  readonly initializing: readonly SharedTopic[]
  readonly initialized: readonly SharedTopic[]
  readonly deleting: readonly Omit<SharedTopic, 'partitions'>[]
}

/** A share group as its records tell (KIP-932). Replaced with every record, never changed. */
export interface ShareGroup {
  readonly groupId: string
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly members: ReadonlyMap<string, ShareMember>
  readonly targets: ReadonlyMap<string, ShareAssignment>
  readonly states: ReadonlyMap<string, ShareMemberState>
  readonly shared: SharedTopics
}

export function emptyShareGroup(groupId: string): ShareGroup {
  return {
    groupId,
    epoch: 0,
    assignmentEpoch: 0,
    members: new Map(),
    targets: new Map(),
    states: new Map(),
    shared: { initializing: [], initialized: [], deleting: [] },
  }
}

/** A share group, as requests meet it that don't care which kind it is. It keeps no committed offsets. */
export class ShareGroupView implements Group {
  readonly type = 'share'
  readonly protocolType = 'share'
  /** It stays until somebody deletes it: where it delivers from is kept with it. */
  readonly isAbandoned = false

  constructor(private readonly group: ShareGroup) {}

  get groupId(): string {
    return this.group.groupId
  }

  get state(): string {
    return shareGroupState(this.group)
  }

  get isEmpty(): boolean {
    return this.group.members.size === 0
  }

  commitRefusal(): ErrorName {
    return 'GROUP_ID_NOT_FOUND'
  }

  fetchRefusal(): ErrorName {
    return 'GROUP_ID_NOT_FOUND'
  }

  offsetDeletionRefusal(): ErrorName {
    return 'GROUP_ID_NOT_FOUND'
  }

  isSubscribedTo(): boolean {
    return false
  }

  unusedSinceMs(): undefined {
    return undefined
  }

  tombstones(): readonly CoordinatorRecord[] {
    return groupTombstones(this.group)
  }
}

export function shareGroupState({ members }: ShareGroup): 'Empty' | 'Stable' {
  return members.size === 0 ? 'Empty' : 'Stable'
}
