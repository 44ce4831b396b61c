import {expect, test} from 'vitest'
import type {AwsApi} from '../../../src/providers/aws/api.ts'
import {awsApi} from '../../../src/providers/aws/api.ts'
import {sdkClient} from '../../../src/providers/aws/client.ts'
import {examineQuotas} from '../../../src/providers/aws/examine/quotas.ts'
import {tryOut} from '../../../src/providers/aws/examine/verdict.ts'
import {wish} from '../../support/fleet-builder.ts'
import {replay} from '../../support/replay.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const place = {key: 'aws:us-west-2', provider: 'aws', region: 'us-west-2'} as const

async function recorded<T>(folder: string, look: (api: AwsApi) => Promise<T>): Promise<T> {
  const time = new VirtualTime()
  const exchanges = replay(`aws/${folder}`)
  const stop = time.attend()
  const credentials = {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret'}
  const client = sdkClient({place, credentials, concurrency: 1})
  const found = await look(awsApi(client, time.runtime(), {}))
  stop()
  exchanges.finish()
  return found
}

test('recorded: where an account has no quota of its own the default counts, and other families and spot do not', async () => {
  const groups = [{name: 'west', count: 2, wish: wish({types: ['t3.micro']})}]
  const needs = {fleet: 'web', dns: 'www.example.com', groups}
  expect(await recorded('examine-quota', api => examineQuotas(api, place, needs, []))).toEqual([
    {
      check: 'quota',
      subject: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances in us-west-2',
      outcome: 'failed',
      detail: '2 of 5 vCPUs are in use, and this fleet needs 4 more.',
      remedy:
        'Ask for a higher quota (aws service-quotas request-service-quota-increase --region us-west-2 --service-code ec2 --quota-code L-1216C47A --desired-value 6), or lower "count".',
    },
  ])
})

test('recorded: a dry run that is denied, and one that is allowed', async () => {
  const ask = {InstanceIds: ['i-0a1b2c3d4e5f60001'], DryRun: true}
  const found = await recorded('examine-denied', async api => {
    const look = () =>
      tryOut({action: 'ec2:TerminateInstances', allowed: 'Allowed.'}, () => api('TerminateInstances', ask))
    return [await look(), await look()]
  })
  expect(found).toMatchObject([
    {
      outcome: 'failed',
      detail: 'These credentials lack ec2:TerminateInstances.',
      remedy: 'Allow ec2:TerminateInstances: "mcd policy" prints the statement (EndMarked).',
    },
    {outcome: 'ok', detail: 'Allowed.'},
  ])
})
