/** The five-character SQLSTATE of an error of pg, if it carries one; system codes such as EPIPE look alike, but no class begins with an E. */
export function stateOfError(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9FHPX][0-9A-Z]{4}$/.test(error.code) ? error.code : undefined;
}
