/** The calls of CloudFlare's API that this world serves, as method and path. */
export const CLOUDFLARE_ACTIONS = [
  'GET /zones',
  'GET /zones/:id',
  'GET /zones/:id/dns_records',
  'GET /zones/:id/dns_records/usage',
  'GET /zones/:id/dns_records/:id',
  'POST /zones/:id/dns_records',
  'PATCH /zones/:id/dns_records/:id',
  'PUT /zones/:id/dns_records/:id',
  'DELETE /zones/:id/dns_records/:id',
  'POST /zones/:id/dns_records/batch',
  'GET /user/tokens/verify',
  'GET /accounts/:id/tokens/verify',
] as const

export type CloudflareAction = (typeof CLOUDFLARE_ACTIONS)[number]
