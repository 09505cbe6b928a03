import { streamsGroupTopologyDescriptionUpdate } from '../../wire/apis/streams-group-topology-description-update.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/**
 * Takes the description of a topology to whatever plug-in keeps it (KIP-1331). Without one Kafka refuses, and never asks
 * its clients for any; there is none here. Source: apache/kafka
 * `GroupCoordinatorService.throwIfStreamsGroupTopologyDescriptionUpdateInvalid` of 4.4.
 */
export function streamsGroupTopologyDescriptionUpdateHandler(
  requireStreamsGroups: () => void,
): Handler<typeof streamsGroupTopologyDescriptionUpdate> {
  return {
    api: streamsGroupTopologyDescriptionUpdate,
    handle() {
      requireStreamsGroups()
      throw new KafkaError(
        'UNSUPPORTED_VERSION',
        'The broker has no streams group topology description plugin configured.',
      )
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}
