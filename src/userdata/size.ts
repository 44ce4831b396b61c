/** What a rendered document weighs, and what its cloud takes. */
export type UserdataSize = {
  readonly rawBytes: number
  readonly sentBytes: number
  readonly limitBytes: number
  readonly compressed: boolean
}

/** `11071 bytes compressed (33149 before), limit 16384` */
export const sizeText = ({limitBytes, ...size}: UserdataSize): string =>
  `${bytesText(size)}, limit ${limitBytes}`

/** The same without the limit. */
export const bytesText = ({compressed, sentBytes, rawBytes}: Omit<UserdataSize, 'limitBytes'>): string =>
  compressed ? `${sentBytes} bytes compressed (${rawBytes} before)` : `${rawBytes} bytes`
