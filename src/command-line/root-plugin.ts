import type {Command, Interfaces} from '@oclif/core'
import manifest from '../../package.json' with {type: 'json'}
import {Flags} from './oclif.ts'

/** As oclif itself adds it to a command with `enableJsonFlag`. */
const json = Flags.boolean({description: 'Format output as json.', helpGroup: 'GLOBAL'})

/**
 * The commands as oclif wants them, made of their classes. oclif's own way, `Plugin.load()`, takes a tenth of a short command:
 * it reads package.json again, looks for a manifest and for TypeScript sources, and sorts by the rules of the locale.
 * `root` is the folder of the package; `commands` are by id: `sandbox:start`.
 */
export function rootPlugin(root: string, commands: Record<string, Command.Class>): Interfaces.Plugin {
  const {name, version, description, oclif} = manifest
  const {bin, dirname, additionalHelpFlags, topics} = oclif
  const helpClass = {target: './dist/main.cjs', identifier: 'McdHelp'}
  const find = async (id: string) => commands[id] && Object.assign(commands[id], {id})
  const loadable = ([id, command]: [string, Command.Class]): Command.Loadable => ({
    id,
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    summary: command.summary,
    description: command.description,
    examples: command.examples,
    usage: command.usage,
    strict: command.strict,
    args: Object.fromEntries(
      Object.entries(command.args).map(([name, arg]) => [name, {...arg, name: arg.name || name}]),
    ),
    flags: {json, ...command.flags},
    load: async () => Object.assign(command, {id}),
  })
  return {
    _base: '',
    name,
    alias: name,
    version,
    root,
    type: 'core',
    moduleType: 'module',
    isRoot: true,
    valid: true,
    hasManifest: false,
    pjson: {
      name,
      version,
      description,
      oclif: {bin, dirname, additionalHelpFlags, topicSeparator: ' ', helpClass},
    },
    options: {root, isRoot: true},
    hooks: {},
    topics: Object.entries(topics).map(([name, topic]) => ({name, ...topic})),
    commandIDs: Object.keys(commands),
    commandsDir: undefined,
    commands: Object.entries(commands).map(loadable),
    findCommand: find as Interfaces.Plugin['findCommand'],
    load: async () => {},
  }
}
