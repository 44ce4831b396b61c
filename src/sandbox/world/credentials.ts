/**
 * The sandbox's own keys: public knowledge, worth nothing outside it. The operator's are what mcd uses, the instances'
 * are what `dns.instanceCredentials` becomes under --sandbox (decision 24). Each can be revoked in the world.
 */
export const SANDBOX = {
  zone: 'example.com',
  aws: {
    account: '000000000000',
    operator: {
      accessKeyId: 'AKIASANDBOXOPERATOR0',
      secretAccessKey: 'sandbox-operator-secret-access-key-0000000',
    },
    instances: {
      accessKeyId: 'AKIASANDBOXINSTANCES',
      secretAccessKey: 'sandbox-instances-secret-access-key-000000',
    },
    instanceProfile: 'sandbox-registration',
  },
  cloudflare: {
    operatorToken: 'sandbox-cloudflare-operator-token-000000',
    instancesToken: 'sandbox-cloudflare-instances-token-00000',
  },
  triton: {account: 'sandbox', datacenter: 'sandbox-1'},
  regions: ['us-east-1', 'us-west-2', 'eu-west-1'],
  eucalyptusRegion: 'eucalyptus',
} as const
