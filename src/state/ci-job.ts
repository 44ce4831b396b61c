/**
 * The page of the CI job that this process runs in; undefined outside of one. Whoever finds the fleet locked looks there
 * first. Source: the predefined variables of GitHub Actions, GitLab CI, Buildkite, CircleCI, Jenkins and Azure Pipelines.
 */
export function ciJob(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const {GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID} = env
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID)
    return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`
  const {SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_BUILDID} = env
  if (SYSTEM_COLLECTIONURI && SYSTEM_TEAMPROJECT && BUILD_BUILDID)
    return `${SYSTEM_COLLECTIONURI}${SYSTEM_TEAMPROJECT}/_build/results?buildId=${BUILD_BUILDID}`
  const page = env.CI_JOB_URL ?? env.BUILDKITE_BUILD_URL ?? env.CIRCLE_BUILD_URL ?? env.BUILD_URL
  return page === undefined || page === '' ? undefined : page
}
