import {AuthError, McdError, UnreachableError} from '../../../errors.ts'
import {isDenied} from '../../aws-access.ts'
import type {Finding} from '../../examine.ts'
import {isRefusal} from '../classify.ts'

/**
 * Which statements of `mcd policy` give an action, by their Sids. A denial names the action that was lacking, which need not
 * be the one that was called: a launch also tags and hands over a role.
 */
const STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  'ec2:RunInstances': ['LaunchMarked', 'LaunchWith'],
  'ec2:CreateTags': ['MarkWhatIsMade'],
  'ec2:TerminateInstances': ['EndMarked'],
  'ec2:ModifyInstanceAttribute': ['EndMarked'],
  'ec2:GetConsoleOutput': ['EndMarked'],
  'ec2:CreateSecurityGroup': ['MakeIngressMarked', 'MakeIngressIn'],
  'ec2:AuthorizeSecurityGroupIngress': ['ChangeIngressMarked'],
  'ec2:RevokeSecurityGroupIngress': ['ChangeIngressMarked'],
  'ec2:DeleteSecurityGroup': ['ChangeIngressMarked'],
  'iam:PassRole': ['HandOverRole'],
  'iam:CreateServiceLinkedRole': ['SpotRole'],
  'ssm:GetParameter': ['FindImages'],
  'servicequotas:GetServiceQuota': ['Doctor'],
  'servicequotas:GetAWSDefaultServiceQuota': ['Doctor'],
}

/** The reads of EC2 stand all in one. */
const statementsOf = (action: string): readonly string[] =>
  STATEMENTS[action] ?? (action.startsWith('ec2:Describe') ? ['Look'] : [])

/** `Allow ec2:RunInstances: "mcd policy" prints the statements (LaunchMarked, LaunchWith).` */
export function allowing(action: string): string {
  const sids = statementsOf(action)
  if (sids.length === 0) return `Allow ${action} in the IAM policy of these credentials.`
  const which = sids.length === 1 ? 'the statement' : 'the statements'
  return `Allow ${action}: "mcd policy" prints ${which} (${sids.join(', ')}).`
}

type Asked = {
  /** `ec2:RunInstances` */
  readonly action: string
  /** What was asked about, where one action is asked about several times. */
  readonly subject?: string
  /** What is said when it is allowed. */
  readonly allowed: string
  /** What its lack is: 'failed' unless mcd has another way. */
  readonly lack?: {readonly outcome: 'warning'; readonly because: string}
  /** What another refusal means; by itself it says nothing of the permission. */
  readonly refused?: (error: McdError) => Finding
}

/**
 * Makes a call with DryRun, which EC2 answers with an error in any case: DryRunOperation when it would be allowed,
 * UnauthorizedOperation when it would not, or the refusal that the call itself would meet. Source: EC2 API Reference,
 * "Common query parameters". Throws where it is carried out: nothing else must be tried there.
 */
export async function tryOut(asked: Asked, call: () => Promise<unknown>): Promise<Finding> {
  const finding = {check: 'permission' as const, subject: asked.subject ?? asked.action}
  try {
    await call()
  } catch (error) {
    if (isRefusal(error, 'DryRunOperation')) return {...finding, outcome: 'ok', detail: asked.allowed}
    return notAllowed(asked, error)
  }
  throw new McdError(`The endpoint did not answer ${asked.action} as a dry run: it took it for a call.`, {
    suggestions: [
      'Use an endpoint that knows DryRun, or set "compatible" in the group, and look what is there now ("mcd status").',
    ],
  })
}

/** The finding of a call that was refused. Throws what ends the look: nobody answers, or the credentials are no good. */
export function notAllowed({action, subject = action, lack, refused}: Asked, error: unknown): Finding {
  if (isDenied(error)) {
    const lacking = deniedAction(error) ?? action
    const needed = lacking === action ? '' : `, which ${action} needs here`
    return {
      check: 'permission',
      subject,
      outcome: lack?.outcome ?? 'failed',
      detail: `These credentials lack ${lacking}${needed}${lack ? `: ${lack.because}` : '.'}`,
      remedy: allowing(lacking),
    }
  }
  if (!(error instanceof McdError) || error instanceof AuthError || error instanceof UnreachableError)
    throw error
  return refused?.(error) ?? {check: 'permission', subject, outcome: 'unknown', detail: error.message}
}

/** "… is not authorized to perform: iam:PassRole on resource …": what follows may be an encoded message of a thousand characters. */
const deniedAction = ({message}: AuthError): string | undefined =>
  /not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)/.exec(message)?.[1]
