/**
 * A refusal in a vendor's own words, thrown by the world and put on the wire in the vendor's own shape. `code` is the
 * vendor's (a string for AWS and Triton, a number for CloudFlare), `detail` whatever else its body carries.
 */
export class VendorError extends Error {
  override name = 'VendorError'
  readonly status: number
  readonly code: string | number
  readonly detail: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(
    status: number,
    code: string | number,
    message: string,
    {detail = {}, headers = {}}: {detail?: Record<string, unknown>; headers?: Record<string, string>} = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.detail = detail
    this.headers = headers
  }
}
