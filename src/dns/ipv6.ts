/** The one spelling of RFC 5952: `2001:0DB8:0::1` is `2001:db8::1`. Other text stays as it is. */
export function canonicalIpv6(text: string): string {
  const url = URL.parse(`http://[${text}]`)
  return url ? url.hostname.slice(1, -1) : text
}

/** Neither link-local (RFC 4291) nor of somebody's own network (RFC 4193), nor the host itself. */
export const isPublicIpv6 = (text: string): boolean =>
  text.includes(':') && !/^(fe[89ab]|f[cd]|::1?$)/.test(canonicalIpv6(text))
