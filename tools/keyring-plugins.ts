import type {Plugin} from 'rolldown'

/** What smartdc-auth can look for keys in: its files kr-<name>.js. */
const KEY_SOURCES = ['file', 'homedir', 'agent']
const COMPUTED = "require('./kr-' + name)"

/**
 * A rolldown plugin: smartdc-auth requires its key sources under computed names, which no bundler can follow; written out
 * they come along. Without this the bundle knows no ssh agent and no ~/.ssh. Fails the build where that code has changed.
 */
export function keyringPlugins(): Plugin {
  const known = KEY_SOURCES.map(name => `${name}: () => require('./kr-${name}')`)
  return {
    name: 'keyring-plugins',
    transform: {
      filter: {id: /smartdc-auth[\\/]lib[\\/]keyring\.js$/},
      handler(code) {
        if (!code.includes(COMPUTED))
          throw new Error(`smartdc-auth no longer says ${COMPUTED}: look at its keyring.js`)
        return code.replaceAll(COMPUTED, `({${known.join(', ')}})[name]()`)
      },
    },
  }
}
