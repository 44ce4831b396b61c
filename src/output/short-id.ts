const UUID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g

/** Triton's ids as its own tools shorten them: the first eight digits. mcd takes them in that form too. */
export const shortIds = (text: string): string => text.replace(UUID, '$1')
