import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Workplace, workplaces} from '../support/cli.ts'
import {curl, dig} from '../support/clients.ts'
import {eventually} from '../support/eventually.ts'
import {aws, fleetText} from '../support/fleet-text.ts'
import {has} from '../support/programs.ts'

const all = workplaces()
let place: Workplace
beforeAll(async () => {
  place = all.open()
  await place.startSandbox()
})
afterAll(() => all.endAll())

/** What a user types after `eval "$(mcd sandbox env)"`. */
async function bash(script: string): Promise<string> {
  const {exitCode, stdout, stderr} = await place.bash(`eval "$(mcd sandbox env)"\n${script}`)
  expect({exitCode, stderr}).toMatchObject({exitCode: 0})
  return stdout
}

describe.skipIf(!has('aws'))('the AWS CLI (needs aws)', () => {
  test('runs, lists, tags and terminates instances', async () => {
    const said = await bash(`
      image=$(aws ec2 describe-images --owners 099720109477 --query 'Images[0].ImageId' --output text)
      ids=$(aws ec2 run-instances --image-id "$image" --instance-type t3.micro --count 2 \\
        --query 'Instances[].InstanceId' --output text)
      aws ec2 wait instance-exists --instance-ids $ids
      aws ec2 create-tags --resources $ids --tags Key=role,Value=box
      list() { aws ec2 describe-instances --filters Name=tag:role,Values=box --output text \\
        --query "Reservations[].Instances[].[join(' ', ['$1', State.Name])]"; }
      list running
      aws ec2 terminate-instances --instance-ids $ids --query 'TerminatingInstances[].CurrentState.Name' --output text
      echo ids $ids`)
    expect(said).toMatch(/^running (?:pending|running)\nrunning (?:pending|running)\n/)
    expect(said).toMatch(/^shutting-down\tshutting-down$/m)
    const [, ids = ''] = /^ids (.*)$/m.exec(said) ?? []
    await eventually(async () => {
      const {instances} = await place.sandbox()
      return ids.split(/\s+/).every(id => instances.some(one => one.id === id && one.power === 'off'))
    })
  })

  test('changes record sets, which dig then sees; of twelve multivalue members any eight at a time', async () => {
    const members = Array.from({length: 12}, (_, index) => `192.0.2.${index + 1}`)
    const changes = members.map((address, index) => ({
      Action: 'CREATE',
      ResourceRecordSet: {
        Name: 'many.example.com',
        Type: 'A',
        SetIdentifier: `member ${index}`,
        MultiValueAnswer: true,
        TTL: 5,
        ResourceRecords: [{Value: address}],
      },
    }))
    place.write(JSON.stringify({Changes: changes}), 'create.json')
    const last = changes.slice(-1).map(change => ({...change, Action: 'DELETE'}))
    place.write(JSON.stringify({Changes: last}), 'delete.json')
    const change = (file: string) => `
      zone=$(aws route53 list-hosted-zones-by-name --dns-name example.com --query 'HostedZones[0].Id' --output text)
      aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch file://${file} --query ChangeInfo.Status
      aws route53 list-resource-record-sets --hosted-zone-id "$zone" --query "length(ResourceRecordSets[?Name=='many.example.com.'])"`
    expect(await bash(change('create.json'))).toBe('"PENDING"\n12')

    if (has('dig')) {
      const {endpoints} = await place.sandbox()
      const ask = () => dig(endpoints.dns.route53, 'many.example.com')
      await eventually(async () => (await ask()).length === 8)
      const answers = await Promise.all(Array.from({length: 30}, ask))
      expect(new Set(answers.map(({length}) => length))).toEqual(new Set([8]))
      expect(new Set(answers.flat())).toEqual(new Set(members))
      expect(new Set(answers.map(answer => answer.toSorted().join())).size).toBeGreaterThan(1)
    }
    expect(await bash(change('delete.json'))).toBe('"PENDING"\n11')
  })

  test('may not delete a security group while an instance is in it: DependencyViolation', async () => {
    const {exitCode, stdout, stderr} = await place.bash(`eval "$(mcd sandbox env)"
      image=$(aws ec2 describe-images --owners 099720109477 --query 'Images[0].ImageId' --output text)
      group=$(aws ec2 create-security-group --group-name in-use --description 'of a test' --query GroupId --output text)
      aws ec2 run-instances --image-id "$image" --instance-type t3.micro --security-group-ids "$group" >/dev/null
      aws ec2 delete-security-group --group-id "$group" || echo refused`)
    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: 'refused'})
    expect(stderr).toMatch(
      /An error occurred \(DependencyViolation\) when calling the DeleteSecurityGroup operation/,
    )
  })
})

test.skipIf(!has('triton'))(
  'the triton CLI lists images and packages, creates, lists and deletes an instance (needs triton)',
  async () => {
    const said = await bash(`
      triton image list -H -o name | sort -u | tr '\\n' ' '; echo
      triton package list -H -o name | tr '\\n' ' '; echo
      triton instance create -w -n box debian-12@20260110 g1.nano >/dev/null
      triton instance list -H -o name,state
      triton instance delete -f -w box
      echo left: $(triton instance list -H -o name)`)
    const [images, packages, ...rest] = said.split('\n')
    expect(images).toMatch(/debian-12 .*ubuntu-24\.04/)
    expect(packages).toContain('g1.nano')
    expect(rest).toEqual([expect.stringMatching(/^box +running$/), expect.stringMatching(/^Delete/), 'left:'])
  },
)

test.skipIf(!has('curl') || !has('dig'))(
  "dig answers a fleet's name with its instances, and curl gets the page of each (needs curl and dig)",
  async () => {
    place.write(fleetText({vendor: 'cloudflare', groups: {virginia: aws(2)}}))
    const {instances} = await place.up()
    const sandbox = await place.sandbox()
    const answer = await dig(sandbox.endpoints.dns.cloudflare, 'www.example.com')
    expect(answer.sort()).toEqual(instances.map(({publicIp}) => publicIp).sort())
    for (const {id, publicIp = ''} of instances)
      expect(await curl(sandbox, 'www.example.com', publicIp, 8080)).toContain(id)
  },
)
