import type {Secret} from '../../secret.ts'
import type {Receiver} from '../model.ts'
import type {NotifyData} from './schema-notify.ts'
import {isUnset} from './variables.ts'

/** Receivers whose variables need not be set, and are not, are left out. */
export const toReceivers = (
  receivers: NotifyData,
  secret: (value: string, index: number, key: 'url' | 'secret') => Secret,
): Receiver[] =>
  receivers.flatMap(({url, secret: signedWith, events}, index) =>
    isUnset(url) || isUnset(signedWith)
      ? []
      : [
          {
            url: secret(url, index, 'url'),
            host: new URL(url).host,
            secret: secret(signedWith, index, 'secret'),
            events,
          },
        ],
  )

/** `[::1]`, `127.0.0.1`, `localhost`: what is sent there stays on this machine. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
