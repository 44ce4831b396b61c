/** What the tests use of http-signature 1.4.0, the library CloudAPI itself verifies with; it carries no types. */
declare module 'http-signature' {
  type Outgoing = {
    method: string
    path: string
    getHeader(name: string): string | undefined
    setHeader(name: string, value: string): void
  }
  const httpSignature: {
    /** Adds an Authorization header. */
    sign(request: Outgoing, options: {key: string; keyId: string; headers?: string[]}): boolean
    parseRequest(request: object, options: {strict: boolean; clockSkew: number}): object
    verifySignature(parsed: object, publicPem: string): boolean
  }
  export default httpSignature
}
