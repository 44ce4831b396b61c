import {spawnSync} from 'node:child_process'
import {execa} from 'execa'

/**
 * Net::Bonjour, a DNS-SD client that knows nothing of us and speaks unicast DNS (Debian: libnet-bonjour-perl). It looks at
 * IPv4 and at one target of each instance.
 */
export const hasNetBonjour = (): boolean =>
  spawnSync('perl', ['-MNet::Bonjour', '-e', '1'], {stdio: 'ignore'}).status === 0

/** A line for each service of the domain, then one for each of its instances: JSON. */
const BROWSE = String.raw`
use JSON::PP; use Net::DNS; use Net::Bonjour;
for my $service (Net::Bonjour->all_services($ARGV[0])) {
  $service->discover;
  for my $entry ($service->entries) {
    my %text = map { my ($key, $value) = split /=/, $_, 2; $key => $value } @{$entry->txtdata};
    print JSON::PP->new->canonical->encode({
      service => '_' . $service->service . '._' . $service->protocol, name => $entry->name, host => $entry->hostname,
      address => $entry->address, port => 0 + $entry->port, txt => \%text }), "\n";
  }
}`

export type Found = {
  service: string
  name: string
  host: string
  address: string
  port: number
  txt: Record<string, string | null>
}

export async function browse(domain: string, {host, port}: {host: string; port: number}): Promise<Found[]> {
  const {stdout} = await execa('perl', ['-e', BROWSE, domain], {
    env: {RES_NAMESERVERS: host, RES_OPTIONS: `port:${port}`},
    timeout: 30_000,
  })
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Found)
}
