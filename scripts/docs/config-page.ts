import { brokerConfigNames, brokerDefinition } from '../../src/server/configs/broker-table.ts'
import type { ConfigDefinition } from '../../src/server/configs/definition.ts'
import { brokerConfigHasEffect, topicConfigHasEffect } from '../../src/server/configs/effect.ts'
import { topicConfigNames, topicDefinition } from '../../src/server/configs/topic-table.ts'

/** Every topic and broker config, those that do something here first. */
export function configPage(): string {
  const topics = section(topicConfigNames, topicDefinition, topicConfigHasEffect)
  const brokers = section(brokerConfigNames, brokerDefinition, brokerConfigHasEffect)
  return `# Configs

All configs of Kafka 4.4, by Kafka's names, plus our own, which begin with \`odradek.\`. All are accepted, checked and
described; those under "No effect" do nothing here (yet). This page is generated: \`npm run docs\`.

## Topic configs

Set when a topic is created, or later with \`odradek configs set topic NAME key=value\`.

${topics}
## Broker configs

Set at start with \`--config name=value\`, or later where Kafka allows it.

${brokers}`
}

function section(
  names: readonly string[],
  definitionOf: (name: string) => ConfigDefinition | undefined,
  hasEffect: (name: string) => boolean,
): string {
  const definitions = names.flatMap((name) => {
    const definition = definitionOf(name)
    return definition === undefined || definition.internal || definition.name !== name ? [] : [definition]
  })
  const working = definitions.filter(({ name }) => hasEffect(name))
  const idle = definitions.filter(({ name }) => !hasEffect(name))
  const rows = working.map(row).join('\n')
  const rest = idle.map(({ name }) => `- \`${name}\``).join('\n')
  return `| config | type | default | what |\n|---|---|---|---|\n${rows}\n\nNo effect:\n\n${rest}\n`
}

function row({ name, kind, default: byDefault, documentation }: ConfigDefinition): string {
  const shown = byDefault === null || byDefault === '' ? '' : `\`${byDefault}\``
  return `| \`${name}\` | ${kind.type.toLowerCase()} | ${shown} | ${documentation.replaceAll('|', '\\|')} |`
}
