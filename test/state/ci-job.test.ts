import {expect, test} from 'vitest'
import {ciJob} from '../../src/state/ci-job.ts'

test.each([
  [
    'GitHub Actions',
    {GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'acme/web', GITHUB_RUN_ID: '17'},
    'https://github.com/acme/web/actions/runs/17',
  ],
  [
    'GitLab CI',
    {CI_JOB_URL: 'https://gitlab.com/acme/web/-/jobs/17'},
    'https://gitlab.com/acme/web/-/jobs/17',
  ],
  [
    'Azure Pipelines',
    {SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/', SYSTEM_TEAMPROJECT: 'web', BUILD_BUILDID: '17'},
    'https://dev.azure.com/acme/web/_build/results?buildId=17',
  ],
  ['Jenkins', {BUILD_URL: 'https://ci.example.com/job/web/17/'}, 'https://ci.example.com/job/web/17/'],
  ['a laptop', {}, undefined],
])('in %s a run names the page of its job', (_, env, page) => {
  expect(ciJob(env)).toBe(page)
})
