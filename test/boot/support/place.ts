import {join} from 'node:path'

/** Made by enter.sh, in memory: what lies here ends with the namespaces. */
export const SCRATCH = '/run/mcd-boot'

/** `rootfs`, `disk.ext4`, `vmlinuz`, `initrd`. */
export const imageFolder = (): string => fromRunner('MCD_BOOT_IMAGE')
export const controlGroup = (): string => join('/sys/fs/cgroup', fromRunner('MCD_BOOT_GROUP'))

function fromRunner(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error('start the boots with: npm run test:boot')
  return value
}
