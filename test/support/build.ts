import {execFileSync} from 'node:child_process'

/** Builds the bundle once before the end-to-end tests, so that they never run a stale one. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], {stdio: ['ignore', 'ignore', 'inherit']})
}
