import type { Command } from 'commander'
import { addConnectionOptions, type ConnectionFlags, collect, connectionFrom } from '../client/connection.ts'
import { withAdmin } from '../client/kafka-client.ts'
import { CliFailure } from '../failure.ts'
import { stdout } from '../output.ts'
import { table } from '../table.ts'
import { describeGroup, type GroupDescription } from './group-description.ts'
import { resetOffsets } from './offset-reset.ts'

interface JsonFlags extends ConnectionFlags {
  readonly json?: boolean
}

const examples = `
Examples:
  odradek groups list
  odradek groups describe billing
  odradek groups reset-offsets billing --topic orders --to earliest
  odradek groups reset-offsets billing --topic orders:0,2 --to -10 --dry-run
  odradek groups reset-offsets billing --topic orders --to 2026-01-31T08:00:00Z
  odradek groups delete billing`

export function addGroupsCommand(program: Command): void {
  const groups = program
    .command('groups')
    .description('list, describe, reset and delete consumer groups')
    .addHelpText('after', examples)

  withOptions(groups.command('list').description('the groups of the cluster')).action((flags: JsonFlags) =>
    list(flags),
  )

  withOptions(
    groups.command('describe <group...>').description('members, committed offsets and lag per partition'),
  ).action((names: string[], flags: JsonFlags) => describe(names, flags))

  withOptions(
    groups.command('reset-offsets <group>').description('move the committed offsets of a stopped group'),
  )
    .requiredOption(
      '-t, --topic <topic[:partitions]>',
      'what to move; repeatable; orders or orders:0,2',
      collect,
    )
    .requiredOption('--to <where>', 'earliest, latest, an offset, a time, or +N and -N from where it is')
    .option('--dry-run', 'show what would be done')
    .action((group: string, flags: JsonFlags & { topic: string[]; to: string; dryRun?: boolean }) =>
      reset(group, flags),
    )

  withOptions(groups.command('delete <group...>').description('delete groups without members')).action(
    (names: string[], flags: JsonFlags) => remove(names, flags),
  )
}

function withOptions(command: Command): Command {
  return addConnectionOptions(command).option('--json', 'JSON for machines')
}

async function list(flags: JsonFlags): Promise<void> {
  const groups = await withAdmin(connectionFrom(flags, process.env), async (admin) => {
    const { groups: found } = await admin.listGroups()
    const names = found.map(({ groupId }) => groupId)
    const states = names.length === 0 ? [] : (await admin.describeGroups(names)).groups
    return found
      .map(({ groupId, protocolType }) => {
        const known = states.find((state) => state.groupId === groupId)
        return {
          group: groupId,
          protocol: protocolType,
          state: known?.state ?? 'Unknown',
          members: known?.members.length ?? 0,
        }
      })
      .sort((a, b) => (a.group < b.group ? -1 : 1))
  })
  if (flags.json === true) return stdout().json(groups)
  const rows = groups.map(({ group, protocol, state, members }) => [group, protocol || '-', state, members])
  stdout().write(table(['GROUP', 'PROTOCOL', 'STATE', 'MEMBERS'], rows))
}

async function describe(names: readonly string[], flags: JsonFlags): Promise<void> {
  const described = await withAdmin(connectionFrom(flags, process.env), async (admin, client) => {
    const groups: GroupDescription[] = []
    for (const name of names) groups.push(await describeGroup(admin, client, name))
    return groups
  })
  const missing = described.filter(({ state, partitions }) => state === 'Dead' && partitions.length === 0)
  if (missing.length > 0)
    throw new CliFailure('environment', `${missing.map(({ group }) => group).join(', ')}: GROUP_ID_NOT_FOUND`)
  if (flags.json === true) return stdout().json(described)
  stdout().write(described.map(groupText).join('\n'))
}

function groupText({ group, state, members, lag, partitions }: GroupDescription): string {
  const head = `${group}: ${state}, ${members.length} members, lag ${lag}\n`
  const rows = partitions.map((row) => [
    row.topic,
    row.partition,
    row.committed ?? '-',
    row.end ?? '-',
    row.lag ?? '-',
    row.member ?? '-',
    row.host ?? '-',
  ])
  return `${head}${table(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER', 'HOST'], rows)}`
}

async function reset(
  group: string,
  flags: JsonFlags & { topic: readonly string[]; to: string; dryRun?: boolean },
): Promise<void> {
  const moves = await resetOffsets(connectionFrom(flags, process.env), {
    group,
    topics: flags.topic,
    to: flags.to,
    dryRun: flags.dryRun === true,
  })
  if (flags.json === true) return stdout().json(moves)
  const rows = moves.map(({ topic, partition, from, to }) => [topic, partition, from ?? '-', to])
  stdout().write(table(['TOPIC', 'PARTITION', 'FROM', 'TO'], rows))
}

async function remove(names: readonly string[], flags: JsonFlags): Promise<void> {
  await withAdmin(connectionFrom(flags, process.env), (admin) => admin.deleteGroups([...names]))
  if (flags.json === true) return stdout().json(names.map((group) => ({ group, deleted: true })))
  for (const name of names) stdout().write(`deleted ${name}\n`)
}
