import {thirdPartyLicences} from './tools/third-party.ts'

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
  resolve: {mainFields: ['module', 'main']},
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
