/**
 * DescribeLogDirs v0–5. Shows log directories and how much each partition takes up in them (KIP-113).
 *
 * v2 is flexible, v3 has an error for the whole answer, v4 shows the directory's total and usable bytes (KIP-827),
 * v5 whether it is cordoned (KIP-1066).
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [0, 5],
  flexible: 2,
  request: { topics: array(struct({ topic: string, partitions: array(int32) })).nullable() },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.from(3),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({
                partitionIndex: int32,
                partitionSize: int64,
                offsetLag: int64,
                isFutureKey: bool,
              }),
            ),
          }),
        ),
        totalBytes: int64.from(4).default(-1),
        usableBytes: int64.from(4).default(-1),
        isCordoned: bool.from(5),
      }),
    ),
  },
})
