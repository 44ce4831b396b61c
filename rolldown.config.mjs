import {fileURLToPath} from 'node:url'
import {thirdPartyLicences} from './tools/third-party.ts'

/** oclif's means of finding commands and plugins on disk: a quarter of what mcd would load at start, and never called. */
const LEFT_OUT = ['lilconfig', 'minimatch', 'tinyglobby']
const nothing = fileURLToPath(new URL('tools/left-out.cjs', import.meta.url))

/** One bundle, split by entry: the CLI, the sandbox's background processes, and what programs import. CommonJS, because Node's compile cache serves it best. */
export default {
  input: {
    main: 'src/main.ts',
    sandboxd: 'src/sandbox/daemon.ts',
    machine: 'src/sandbox/machines/machine.ts',
    'dns-sd': 'src/dns/sd/library.ts',
  },
  platform: 'node',
  external: ['dtrace-provider'],
  resolve: {
    mainFields: ['module', 'main'],
    alias: Object.fromEntries(LEFT_OUT.map(name => [name, nothing])),
  },
  plugins: [thirdPartyLicences('THIRD-PARTY.txt')],
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunk-[name]-[hash].cjs',
    minify: {compress: true, mangle: false, codegen: {removeWhitespace: true}},
    cleanDir: true,
  },
}
