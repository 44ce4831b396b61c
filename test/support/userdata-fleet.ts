import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import type {Place} from '../../src/providers/compute.ts'
import {Secret} from '../../src/secret.ts'

export const AWS: Place = {key: 'aws:us-east-1', provider: 'aws', region: 'us-east-1'}
export const TRITON: Place = {
  key: 'joyent:us-central-1.api.mnx.io',
  provider: 'joyent',
  endpoint: 'https://us-central-1.api.mnx.io',
}

export function groupIn(place: Place, name = 'virginia', wish: Partial<Group['wish']> = {}): Group {
  return {
    name,
    place,
    count: 2,
    wish: {
      types: ['t3.micro'],
      image: 'ubuntu-24.04',
      subnets: [],
      securityGroups: [],
      open: [80],
      spot: false,
      deletionProtection: false,
      networks: [],
      metadata: {},
      tags: {},
      ...wish,
    },
  }
}

export const TOKEN = 'cloudflare-token-nobody-may-see'

export const cloudflareName: DnsName = {
  vendor: 'cloudflare',
  zone: 'example.com',
  name: 'www.example.com',
  ttlSeconds: 60,
  proxied: false,
  routing: 'multivalue',
  address: 'public',
  registration: 'self',
  instanceCredentials: {kind: 'token', token: new Secret(TOKEN, 'env:WEB_DNS_TOKEN')},
}

/** The fleet of product.md, with what the test says differently. */
export function webFleet(differences: Partial<Fleet> = {}): Fleet {
  return {
    name: 'web',
    dns: 'www.example.com',
    service: {
      port: 80,
      health: {protocol: 'http', path: '/', intervalMs: 5_000, timeoutMs: 2_000, healthy: 2, unhealthy: 3},
    },
    userdata: {template: 'nginx', vars: {title: 'Hello from mcd'}},
    groups: [groupIn(AWS), groupIn(TRITON, 'east')],
    names: [cloudflareName],
    drainWait: 'auto',
    rollout: {batch: {percent: 25}, pauseMs: 0},
    limits: {},
    state: {kind: 'local'},
    file: '/fleets/web/mcd.yaml',
    warnings: [],
    ...differences,
  }
}
