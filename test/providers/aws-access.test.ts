import {expect, test} from 'vitest'
import {classify as ec2} from '../../src/providers/aws/classify.ts'
import {classify as route53} from '../../src/providers/route53/classify.ts'

test.each([
  ['EC2', ec2],
  ['Route53', route53],
])(
  '%s repeats a request that was signed wrongly, session token included: mcd does not',
  (_name, classify) => {
    const said =
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:sts.amazonaws.com\nx-amz-security-token:SESSION-TOKEN\n'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256'\n"
    const thrown = Object.assign(new Error(said), {
      name: 'SignatureDoesNotMatch',
      $metadata: {httpStatusCode: 403},
    })
    const {message} = classify('GetCallerIdentity', thrown)
    expect(message).toContain('does not match the signature you provided')
    expect(message).not.toContain('SESSION-TOKEN')
  },
)
