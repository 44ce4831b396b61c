import {formatDuration} from '../duration.ts'
import {faultLine} from './fault-text.ts'
import type {MachineStatus} from './machines/hypervisor.ts'
import type {SandboxEndpoints} from './running.ts'
import type {SandboxStatus} from './status.ts'

/** Where each cloud answers, a line each. */
export function endpointLines({aws, eucalyptus, triton, cloudflare, dns}: SandboxEndpoints): string {
  const digLine = ({host, port}: {host: string; port: number}) => `dig @${host} -p ${port}`
  return [
    `  EC2, Route53   ${aws}`,
    `  Eucalyptus     ${eucalyptus}`,
    `  Triton         ${triton}`,
    `  CloudFlare     ${cloudflare}`,
    `  DNS            CloudFlare: ${digLine(dns.cloudflare)}`,
    `                 Route53:    ${digLine(dns.route53)}`,
  ].join('\n')
}

/** A running sandbox for people: endpoints, instances, and how often each call was made. */
export function sandboxText(endpoints: SandboxEndpoints, status: SandboxStatus): string {
  const {pid, idleMs, idleForMs, instances, faults, calls} = status
  const leftMs = Math.max(0, Math.round((idleMs - idleForMs) / 1000) * 1000)
  return [
    `The sandbox runs (process ${pid}) and ends in ${formatDuration(leftMs)} if nobody uses it.`,
    endpointLines(endpoints),
    ...section('Instances', instances.map(instanceLine)),
    ...section('Faults', faults.map(faultLine)),
    ...section(
      'Requests',
      Object.entries(calls).map(([call, count]) => `${String(count).padStart(7)}  ${call}`),
    ),
  ].join('\n')
}

const section = (title: string, lines: string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map(line => `  ${line}`)]

function instanceLine({id, cloud, power, publicIp, serving, registration, pid}: MachineStatus): string {
  const at = serving
    ? `serves ${publicIp}:${serving.servicePort}${elsewhere(publicIp, serving)}`
    : 'serves nothing'
  const words = [id, cloud, power, ...(power === 'on' ? [at] : [])]
  if (registration !== 'none') words.push(REGISTRATION[registration])
  if (pid !== undefined) words.push(`process ${pid}`)
  return words.join('  ')
}

/** Said only where it differs: a port the user may not bind, a system without loopback addresses (decision 37). */
function elsewhere(
  publicIp: string,
  {servicePort, host, port}: NonNullable<MachineStatus['serving']>,
): string {
  return host === publicIp && port === servicePort ? '' : ` (at ${host}:${port})`
}

const REGISTRATION: Record<MachineStatus['registration'], string> = {
  none: '',
  unable: 'cannot register: no curl on this host',
  working: 'is registering',
  registered: 'registered',
  failed: 'did not register',
  deregistered: 'deregistered',
}
