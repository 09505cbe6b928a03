import { kafkaVariables } from '../../server/configs/properties.ts'
import type { Environment } from '../environment.ts'
import { usage } from '../failure.ts'

/**
 * The `KAFKA_*` variables by which Kafka's container images are configured, as far as they mean something here, so
 * that a compose file written for one of them goes on working.
 */
export interface ContainerSettings {
  readonly host?: string
  readonly port?: string
  readonly advertised?: string
  readonly data?: string
  readonly configs: ReadonlyMap<string, string>
  readonly notes: readonly string[]
}

/** They place the broker, rather than configure it. */
const addresses = new Set(['listeners', 'advertised.listeners', 'log.dirs', 'log.dir'])

/**
 * Configs of Kafka that are passed over in silence: roles and quorum of its own processes, and what its listeners are
 * made of. Nobody who brings a compose file here should have to clean it first.
 */
const withoutMeaning =
  /^(?:process\.roles|controller\..*|zookeeper\..*|listener\.security\.protocol\.map|inter\.broker\.listener\.name|early\.start\.listeners|metric\.reporters)$/

export function containerSettings(environment: Environment): ContainerSettings {
  const properties = kafkaVariables(environment).configs
  const notes: string[] = []
  const configs = new Map(
    [...properties].filter(([name]) => !addresses.has(name) && !withoutMeaning.test(name)),
  )
  return { ...listenAddress(properties, notes), ...dataFolder(properties, notes), configs, notes }
}

interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: string
}

type Placed = Pick<ContainerSettings, 'host' | 'port' | 'advertised'>

function listenAddress(properties: ReadonlyMap<string, string>, notes: string[]): Placed {
  const served = clientEndpoints(properties)
  const advertised = endpoints('KAFKA_ADVERTISED_LISTENERS', properties.get('advertised.listeners'))
  const [first, ...others] = served
  if (others.length > 0 && first !== undefined) {
    const names = others.map((endpoint) => endpoint.name).join(', ')
    notes.push(`of KAFKA_LISTENERS, ${first.name} on port ${first.port} is served; left out: ${names}`)
  }
  const seenBy =
    first === undefined ? advertised[0] : advertised.find((endpoint) => endpoint.name === first.name)
  return {
    // An empty host is every address of the machine, in Kafka's words and in a container's practice.
    ...(first === undefined ? {} : { host: first.host === '' ? '0.0.0.0' : first.host, port: first.port }),
    ...(seenBy === undefined || seenBy.host === '' ? {} : { advertised: bracketed(seenBy) }),
  }
}

/** The listeners that clients come by: all but the controller's. */
function clientEndpoints(properties: ReadonlyMap<string, string>): Endpoint[] {
  const controllers = (properties.get('controller.listener.names') ?? 'CONTROLLER').toUpperCase().split(',')
  const protocols = new Map(
    (properties.get('listener.security.protocol.map') ?? '')
      .split(',')
      .map((pair) => [pair.split(':')[0]?.trim().toUpperCase(), pair.split(':')[1]?.trim().toUpperCase()]),
  )
  const listening = endpoints('KAFKA_LISTENERS', properties.get('listeners')).filter(
    (endpoint) => !controllers.includes(endpoint.name),
  )
  const first = listening[0]
  const protocol = first === undefined ? 'PLAINTEXT' : (protocols.get(first.name) ?? first.name)
  if (first !== undefined && /^(?:SSL|SASL_SSL|SASL_PLAINTEXT)$/.test(protocol))
    throw usage(`KAFKA_LISTENERS asks for ${protocol} on ${first.name}; only PLAINTEXT is served`)
  return listening
}

function endpoints(variable: string, text: string | undefined): Endpoint[] {
  if (text === undefined || text === '') return []
  return text.split(',').map((part) => {
    const match = /^\s*([\w.-]+):\/\/(?:\[([^\]]*)\]|([^:/]*)):(\d+)\s*$/.exec(part)
    if (match === null) throw usage(`${variable} must be NAME://host:port,…, not "${text}"`)
    return { name: (match[1] ?? '').toUpperCase(), host: match[2] ?? match[3] ?? '', port: match[4] ?? '' }
  })
}

function bracketed({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function dataFolder(
  properties: ReadonlyMap<string, string>,
  notes: string[],
): Pick<ContainerSettings, 'data'> {
  const folders = (properties.get('log.dirs') ?? properties.get('log.dir') ?? '').split(',')
  const [data, ...others] = folders.map((folder) => folder.trim()).filter((folder) => folder !== '')
  if (data === undefined) return {}
  if (others.length > 0) notes.push(`of KAFKA_LOG_DIRS, ${data} is used; left out: ${others.join(', ')}`)
  return { data }
}
