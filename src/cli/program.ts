import { Command, CommanderError, type HelpConfiguration } from 'commander'
import { addConfigsCommand } from './commands/configs.ts'
import { addConsumeCommand } from './commands/consume.ts'
import { addGroupsCommand } from './commands/groups.ts'
import { addProduceCommand } from './commands/produce.ts'
import { addTopicsCommand } from './commands/topics.ts'
import { exitCodes, usage } from './failure.ts'
import { type StartFlags, startOptions } from './start/options.ts'
import { flagsFrom } from './start/quick-parse.ts'
import { version } from './version.ts'

const startExamples = `
Examples:
  odradek                                     on localhost:9092, data in ./.odradek
  odradek --memory --port 0                   on a free port, leaving nothing behind
  odradek --config num.partitions=3           with any of Kafka's broker configs
  odradek topics create orders --partitions 3
  echo hello | odradek produce orders
  odradek consume orders --exit

Environment: every option has a variable, ODRADEK_PORT for --port, ODRADEK_CONFIG="a=1,b=2" for --config.
The KAFKA_* variables of Kafka's container images are read too: KAFKA_LISTENERS (one client listener),
KAFKA_ADVERTISED_LISTENERS, KAFKA_LOG_DIRS, and any broker config (KAFKA_NUM_PARTITIONS is num.partitions).
Those about roles, quorums and the JVM (KAFKA_PROCESS_ROLES, KAFKA_CONTROLLER_*, KAFKA_HEAP_OPTS, CLUSTER_ID, …)
have no meaning here and are passed over. The command line wins over ODRADEK_*, that over KAFKA_*.`

/** Reads the arguments with commander and does what they say. A broker that was started runs on after this. */
export async function runProgram(args: readonly string[]): Promise<{ keepsRunning: boolean }> {
  let keepsRunning = false
  const program = buildProgram(async (flags) => {
    keepsRunning = true
    // Loaded when it is started: the other commands don't need it.
    const { runBroker } = await import('./start/run.ts')
    await runBroker(flags)
  })
  refuseUnknownCommand(program, args)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version were asked for and printed: their "error" is success. A command that only has subcommands
    // printed its help for want of one.
    if (error.code === 'commander.help') process.exitCode = args[0] === 'help' ? 0 : exitCodes.usage
    else if (error.exitCode !== 0) throw usage(withoutPrefix(error.message))
  }
  return { keepsRunning }
}

/** The whole command tree; `odradek` alone is `odradek start`. */
export function buildProgram(start: (flags: StartFlags) => Promise<void>): Command {
  const program = prepared(new Command('odradek'))
    .description('A Kafka broker for development, tests and beyond; and tools for any Kafka cluster.')
    .usage('[options] | odradek <command>')
    .version(version, '-V, --version', 'print the version')
    .helpCommand(true)
    .addHelpText('after', startExamples)
  asStart(program, start)
  asStart(program.command('start').description('start a broker (what odradek does without a command)'), start)
  addTopicsCommand(program)
  addProduceCommand(program)
  addConsumeCommand(program)
  addGroupsCommand(program)
  addConfigsCommand(program)
  return program
}

function prepared(program: Command): Command {
  const help: HelpConfiguration = { helpWidth: 110, showGlobalOptions: false }
  return program
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp(help)
    .configureOutput({ outputError: () => undefined })
}

function asStart(command: Command, start: (flags: StartFlags) => Promise<void>): void {
  for (const option of startOptions) {
    const flags = 'value' in option ? `--${option.name} <${option.value}>` : `--${option.name}`
    const help = 'fallback' in option ? `${option.help} (default: ${option.fallback})` : option.help
    if ('repeats' in option)
      command.option(flags, help, (value, earlier: string[] = []) => [...earlier, value])
    else command.option(flags, help)
  }
  command.allowExcessArguments(false).action(() => start(flagsFrom(command.opts())))
}

/** commander would take an unknown command for a superfluous argument of the start. */
function refuseUnknownCommand(program: Command, args: readonly string[]): void {
  const [first] = args
  if (first === undefined || first.startsWith('-')) return
  const known = [...program.commands.map((command) => command.name()), 'help']
  if (known.includes(first)) return
  const near = known.find((name) => name.startsWith(first.slice(0, 3)))
  const hint = near === undefined ? `commands: ${known.join(', ')}` : `did you mean ${near}?`
  throw usage(`unknown command "${first}"; ${hint}`)
}

function withoutPrefix(message: string): string {
  return message.replace(/^error: /, '').replace(/\s*\n\(/, ' (')
}
