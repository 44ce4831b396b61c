export type TwoCloudFleet = {
  readonly vendor: 'cloudflare' | 'route53'
  readonly registration?: 'self' | 'mcd'
  readonly virginia?: number
  readonly east?: number
  readonly template?: string
  readonly title?: string
  /** Left out of the file when it is 'auto', as by a user who has never heard of it. */
  readonly drain?: string
}

/** The name every such fleet answers to. */
export const NAME = 'www.example.com'

/** A fleet file over two clouds, as product.md shows it, with the shortest times that the vendors allow. */
export function twoCloudFleet({
  vendor,
  registration = 'self',
  virginia = 2,
  east = 2,
  template = 'nginx',
  title = 'Hello from mcd',
  drain = '2s',
}: TwoCloudFleet): string {
  return `fleet: web
service:
  port: 80
  health: {path: /, interval: 1s, timeout: 2s, healthy: 1}
userdata:
  template: ${template}
  vars: {title: ${JSON.stringify(title)}}
groups:
  virginia:
    provider: aws
    region: us-east-1
    count: ${virginia}
    type: t3.micro
    image: ubuntu-24.04
  east:
    provider: joyent
    endpoint: https://us-central-1.api.mnx.io
    count: ${east}
    type: g1.nano
    image: ubuntu-24.04
dns:
  provider: ${vendor}
  zone: example.com
  name: www
  ttl: ${vendor === 'cloudflare' ? '60s' : '5s'}
  registration: ${registration}
${drain === 'auto' ? '' : `drain: {wait: ${drain}}\n`}`
}
