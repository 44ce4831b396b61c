import type {Guest} from '../world/hypervisor.ts'

/** Everything a machine is told at power-on. Plain JSON but for the userdata, so that it crosses to another process. */
export type MachineSpec = Omit<Guest, 'userdata'> & {
  readonly userdataBase64: string
  /** Its file system, on this host. */
  readonly root: string
  /** Where it serves: its own loopback address, or 127.0.0.1. */
  readonly host: string
  /** Whether `host` is its own, and so also where its calls come from. */
  readonly ownHost: boolean
  /** Its own metadata service. */
  readonly metadataUrl: string
}

/** Where a machine serves what it was asked to serve on `servicePort`. They differ where the user may not bind the port. */
export type Serving = {readonly servicePort: number; readonly host: string; readonly port: number}

/**
 * How far the machine's part of registration has come: `none` when its userdata has no such part, `unable` where this host
 * lacks a program it needs.
 */
export type Registration = 'none' | 'unable' | 'working' | 'registered' | 'failed' | 'deregistered'

/** What a machine tells the host while it lives. */
export type MachineNews =
  | {readonly kind: 'serving'; readonly serving: Serving}
  | {readonly kind: 'registration'; readonly registration: Registration}
  /** Somebody asked for a page; at most once a second. */
  | {readonly kind: 'visited'}

export type MachineOrder =
  | {readonly kind: 'boot'; readonly spec: MachineSpec}
  /** Whether its service answers what it is asked, or fails every request. */
  | {readonly kind: 'serve'; readonly serves: boolean}
  | {readonly kind: 'shutdown'}
