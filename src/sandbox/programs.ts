import {fileURLToPath} from 'node:url'

/**
 * The sandbox's own programs, as started with node: bundles beside this one in the package, and the sources themselves where
 * mcd runs from sources (Node strips their types).
 */
export function programPath(program: 'sandboxd' | 'machine'): string {
  const here = new URL(import.meta.url)
  const source = program === 'sandboxd' ? './daemon.ts' : './machines/machine.ts'
  return fileURLToPath(new URL(here.pathname.endsWith('.ts') ? source : `./${program}.cjs`, here))
}
