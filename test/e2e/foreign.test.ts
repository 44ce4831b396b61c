import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {has} from '../support/programs.ts'
import {effectsOf, mutatingCalls} from '../support/request-log.ts'

/** Records, in both zones and under our very name, and instances that somebody else made; each carries half a mark at most. */
const MAKE = `
eval "$(mcd sandbox env)"
api() { curl --silent --show-error --fail --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" "$CLOUDFLARE_BASE_URL/$@"; }
zone=$(api 'zones?name=example.com' | sed 's/.*"id":"\\([0-9a-f]*\\)","name":"example.com".*/\\1/')
api "zones/$zone/dns_records" --json '{"type":"A","name":"www.example.com","content":"192.0.2.77","ttl":300,"comment":"mcd:v1 by hand"}'
hosted=$(aws route53 list-hosted-zones-by-name --dns-name example.com --query 'HostedZones[0].Id' --output text)
aws route53 change-resource-record-sets --hosted-zone-id "$hosted" --change-batch '{"Changes": [
  {"Action": "CREATE", "ResourceRecordSet": {"Name": "www.example.com", "Type": "A", "SetIdentifier": "by hand",
    "MultiValueAnswer": true, "TTL": 30, "ResourceRecords": [{"Value": "192.0.2.78"}]}},
  {"Action": "CREATE", "ResourceRecordSet": {"Name": "simple.example.com", "Type": "A",
    "TTL": 30, "ResourceRecords": [{"Value": "192.0.2.79"}]}}]}'
image=$(aws ec2 describe-images --owners 099720109477 --query 'Images[0].ImageId' --output text)
aws ec2 run-instances --image-id "$image" --instance-type t3.micro \\
  --tag-specifications 'ResourceType=instance,Tags=[{Key=mcd:fleet,Value=web},{Key=Name,Value=by-hand}]'
triton instance create -w -n by-hand -t mcd_fleet=web debian-12@20260110 g1.nano
printf '%s' "$zone" > zone; printf '%s' "$hosted" > hosted
`

/** Each of them as its vendor shows it. */
const LOOK = `
eval "$(mcd sandbox env)"
curl --silent --show-error --fail --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \\
  "$CLOUDFLARE_BASE_URL/zones/$(cat zone)/dns_records?content=192.0.2.77"
aws route53 list-resource-record-sets --hosted-zone-id "$(cat hosted)" \\
  --query "ResourceRecordSets[?Type=='A' && !starts_with(SetIdentifier || '', 'mcd:v1:')]"
aws ec2 describe-instances --filters Name=tag:Name,Values=by-hand
triton instance get -j by-hand
`

describe.skipIf(!has('aws') || !has('triton') || !has('curl'))(
  'what others made under our name and with half our mark (needs aws, triton and curl)',
  () => {
    const all = workplaces()
    let place: Workplace
    let before: string

    const bash = async (script: string) => {
      const {exitCode, stdout, stderr} = await place.bash(script)
      expect({exitCode, stderr}).toMatchObject({exitCode: 0})
      return stdout
    }
    const fleet = (count: number, name = 'www') =>
      fleetText({name, groups: {virginia: aws(count), east: joyent(1, MNX)}}).replace(
        /^dns: (.*)$/m,
        (_line, block: string) =>
          `dns:\n  - ${block}\n  - ${block.replace('route53', 'cloudflare').replace('5s', '60s')}`,
      )
    const inDns = ({names}: FleetStatus) =>
      names.map(({records}) =>
        records
          .map(({owned}) => owned)
          .sort()
          .join(),
      )

    beforeAll(async () => {
      place = all.open()
      await place.startSandbox()
      await bash(MAKE)
      before = await bash(LOOK)
      for (const part of ['192.0.2.77', '192.0.2.78', '192.0.2.79', 'i-', 'by-hand'])
        expect(before).toContain(part)
    })
    afterAll(() => all.endAll())

    test('stays as it is, byte for byte, while the fleet comes up, shrinks and goes down beside it', async () => {
      place.write(fleet(2))
      const up = await place.up()
      expect(up).toMatchObject({converged: true, instances: [{}, {}, {}]})
      expect(inDns(up)).toEqual(['false,true,true,true', 'false,true,true,true'])
      place.write(fleet(1))
      expect(await place.up('--yes')).toMatchObject({converged: true, instances: [{}, {}]})
      expect(await bash(LOOK)).toBe(before)

      const down = await place.down()
      expect(down).toMatchObject({converged: true, instances: []})
      expect(inDns(down)).toEqual(['false', 'false'])
      expect(await bash(LOOK)).toBe(before)
    })

    test('a simple record set is refused at plan, since no multivalue answer can stand beside it', async () => {
      place.write(fleet(1, 'simple'), 'simple.yaml')
      const before = mutatingCalls(await place.sandbox())
      for (const command of ['plan', 'up']) {
        const {exitCode, stderr} = await place.mcd([command, '--sandbox', '--file', 'simple.yaml'])
        expect(exitCode).toBe(1)
        expect(stderr).toMatch(
          /simple\.example\.com has a simple A record set that is not this fleet's \(192\.0\.2\.79\): Route53 allows no multivalue answers beside it\. Set "routing: simple" in dns, remove it, or choose another name\./,
        )
        expect(stderr).toMatch(/Nothing was changed\./)
      }
      const sandbox = await place.sandbox()
      expect(mutatingCalls(sandbox)).toEqual(before)
      expect(effectsOf(sandbox, 'create A simple.example.com')).toHaveLength(1)
    })
  },
)
