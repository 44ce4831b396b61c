import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {sandboxEnvironment, shellLines} from '../../src/sandbox/environment.ts'
import type {Sandbox} from '../../src/sandbox/running.ts'

const home = mkdtempSync(join(tmpdir(), 'mcd-home-'))
afterAll(() => rmSync(home, {recursive: true, force: true}))

const sandbox: Pick<Sandbox, 'endpoints' | 'credentials'> = {
  endpoints: {
    aws: 'http://127.0.0.1:1001',
    eucalyptus: 'http://127.0.0.1:1001/services/compute',
    triton: 'http://127.0.0.1:1002',
    cloudflare: 'http://127.0.0.1:1003/client/v4',
    metadata: 'http://127.0.0.1:1004',
    control: 'http://127.0.0.1:1005',
    dns: {cloudflare: {host: '127.0.0.1', port: 1006}, route53: {host: '127.0.0.1', port: 1007}},
  },
  credentials: {
    aws: {accessKeyId: 'AKIATEST', secretAccessKey: "it's", region: 'us-east-1'},
    cloudflare: {apiToken: 'token'},
    triton: {account: 'sandbox', keyId: 'aa:bb', keyFile: '/key.pem', agentSocket: '/agent.sock'},
    instances: {
      cloudflare: {token: 'instances'},
      route53: {accessKeyId: 'AKIAINSTANCES', secretAccessKey: 'instances'},
      instanceProfile: 'profile',
    },
  },
}

/** What a shell has after `eval`, begun with these variables. */
function evaluated(before: Record<string, string>): Record<string, string> {
  const lines = shellLines(sandboxEnvironment(sandbox as Sandbox))
  const output = execFileSync('sh', ['-euc', 'eval "$1"; env', 'sh', lines], {
    env: {PATH: process.env.PATH, HOME: home, ...before},
    encoding: 'utf8',
  })
  return Object.fromEntries(
    output.split('\n').map(line => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
  )
}

test('eval points every client at the sandbox', () => {
  expect(evaluated({})).toMatchObject({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1001',
    AWS_SECRET_ACCESS_KEY: "it's",
    CLOUDFLARE_BASE_URL: 'http://127.0.0.1:1003/client/v4',
    TRITON_URL: 'http://127.0.0.1:1002',
    TRITON_KEY_ID: 'aa:bb',
    SDC_URL: 'http://127.0.0.1:1002',
    SSH_AUTH_SOCK: '/agent.sock',
  })
})

test('what is set for the real clouds and would outrank it goes', () => {
  const after = evaluated({AWS_PROFILE: 'production', AWS_SESSION_TOKEN: 'real', TRITON_USER: 'somebody'})
  expect(after.AWS_PROFILE).toBeUndefined()
  expect(after.AWS_SESSION_TOKEN).toBeUndefined()
  expect(after.TRITON_USER).toBeUndefined()
})

test("the instances' credentials are not for the operator", () => {
  expect(JSON.stringify(sandboxEnvironment(sandbox as Sandbox))).not.toContain('instances')
})

test('an AWS CLI that knows no AWS_ENDPOINT_URL is told by flag, so that it never turns to the real AWS', () => {
  const lines = shellLines(sandboxEnvironment(sandbox as Sandbox))
  writeFileSync(join(home, 'aws'), '#!/bin/sh\necho "$@"\n', {mode: 0o755})
  const output = execFileSync('sh', ['-euc', 'eval "$1"; aws ec2 describe-instances', 'sh', lines], {
    env: {PATH: `${home}:${process.env.PATH}`, HOME: home},
    encoding: 'utf8',
  })
  expect(output).toBe('--endpoint-url http://127.0.0.1:1001 ec2 describe-instances\n')
})
