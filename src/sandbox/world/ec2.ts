import {AwsKeys, arnOf, type RoleCredentials} from './aws-keys.ts'
import type {Core} from './core.ts'
import {SANDBOX} from './credentials.ts'
import {ACTIONS, type ActionName, NOT_ON_EUCALYPTUS, type ReplyOf, type RequestOf} from './ec2/actions.ts'
import {zonesOf} from './ec2/catalog.ts'
import {answerToDryRun} from './ec2/dry-run.ts'
import {ec2Error, unauthorized} from './ec2/errors.ts'
import {halt} from './ec2/lifecycle.ts'
import type {AwsCaller, Ec2Instance} from './ec2/model.ts'
import {Region} from './ec2/region.ts'
import {VendorError} from './vendor-error.ts'

/**
 * Amazon EC2 as one account sees it, and a Eucalyptus beside it: strict, without sockets, on the world's clock. Requests
 * and replies are in the words of the EC2 API Reference with a small first letter.
 */
export class Ec2World {
  readonly keys: AwsKeys
  readonly #core: Core
  /** Made when first asked for. */
  readonly #regions = new Map<string, Region>()

  constructor(core: Core) {
    this.#core = core
    this.keys = new AwsKeys(core.clock)
  }

  /** One API call. Throws VendorError with EC2's own code. */
  call<A extends ActionName>(caller: AwsCaller, action: A, request: RequestOf<A>): ReplyOf<A> {
    return this.#core.calls.run({service: 'ec2', action, principal: caller.principal}, effect => {
      const region = this.#regionOf(caller, action)
      region.throttle.request(action, isNarrowed(request))
      if (caller.principal.name !== 'operator') throw unauthorized(caller.principal, action)
      if (request.dryRun) throw answerToDryRun(region, action, request)
      const serve = ACTIONS[action] as (
        region: Region,
        request: RequestOf<A>,
        effect: (text: string) => void,
      ) => ReplyOf<A>
      return serve(region, request, effect)
    })
  }

  /** SSM GetParameters: the public parameters that name images. Absent ones are undefined. */
  parameters(
    caller: AwsCaller,
    action: 'GetParameter' | 'GetParameters',
    names: readonly string[],
  ): (string | undefined)[] {
    return this.#core.calls.run({service: 'ssm', action, principal: caller.principal}, () => {
      if (caller.principal.name !== 'operator') {
        throw new VendorError(
          400,
          'AccessDeniedException',
          `${arnOf(caller.principal)} is not authorized to perform: ssm:${action}`,
        )
      }
      const region = this.region(caller.region)
      return names.map(name => region.parameters.get(name))
    })
  }

  /** STS GetCallerIdentity, which every valid key may call. */
  callerIdentity(caller: AwsCaller): {account: string; arn: string; userId: string} {
    return this.#core.calls.run(
      {service: 'sts', action: 'GetCallerIdentity', principal: caller.principal},
      () => ({
        account: SANDBOX.aws.account,
        arn: arnOf(caller.principal),
        userId: caller.principal.name,
      }),
    )
  }

  /** A region's state, for tests and for whoever sets quotas and capacity. Throws when there is no such region. */
  region(name: string): Region {
    const known = this.#regions.get(name)
    if (known) return known
    const zones = zonesOf(name)
    if (!zones) throw ec2Error('AuthFailure', `AWS has no region ${name} that the sandbox knows.`)
    const region = new Region(this.#core, name, zones)
    this.#regions.set(name, region)
    return region
  }

  instance(id: string): Ec2Instance | undefined {
    for (const {instances} of this.#regions.values()) {
      const instance = instances.get(id)
      if (instance) return instance
    }
    return undefined
  }

  /** The guest halts by itself, without a word to anybody. */
  halt(id: string): void {
    const instance = this.instance(id)
    if (instance) halt(this.region(instance.region), instance)
  }

  /** Of every region, those included that describes do not show yet. */
  allInstances(): Ec2Instance[] {
    return [...this.#regions.values()].flatMap(region => [...region.instances.values()])
  }

  userdata(id: string): Uint8Array | undefined {
    return this.instance(id)?.userdata
  }

  /** What the metadata service hands to an instance that has a profile. */
  issueRoleCredentials(instanceId: string): RoleCredentials | undefined {
    const instance = this.instance(instanceId)
    return instance?.instanceProfile === undefined ? undefined : this.keys.issueRole(instanceId)
  }

  #regionOf(caller: AwsCaller, action: ActionName): Region {
    const region = this.region(caller.region)
    if (region.cloud === 'eucalyptus' && NOT_ON_EUCALYPTUS.includes(action)) {
      throw ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`)
    }
    return region
  }
}

/** Whether EC2 takes the request from the larger bucket: it names ids, filters or a page. */
function isNarrowed(request: object): boolean {
  const {filters, maxResults, nextToken} = request as {
    filters?: readonly unknown[]
    maxResults?: number
    nextToken?: string
  }
  const hasIds = Object.entries(request).some(
    ([name, value]) => /(Ids|Names)$/.test(name) && Array.isArray(value) && value.length > 0,
  )
  return hasIds || (filters?.length ?? 0) > 0 || maxResults !== undefined || nextToken !== undefined
}
