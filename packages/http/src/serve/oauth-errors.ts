import type { Problem } from '../endpoint/problem.js';

/** The endpoints that issue tokens: OAuth 2.0 clients must understand their errors, too. */
const tokenPath = /^\/(?:login|refresh)\/?$/;

/** The members of RFC 6749, section 5.2, for a problem of `/login` or `/refresh`; none for any other path. */
export const oauthMembers = (path: string, problem: Problem): Record<string, string> =>
  tokenPath.test(path) ? { error: errorOf(problem), error_description: describe(problem.detail) } : {};

/** `server_error` and `temporarily_unavailable` are of section 4.1.2.1: 5.2 has no code for failures of the server. */
function errorOf({ status, errors }: Problem): string {
  if (status === 429 || status > 500) return 'temporarily_unavailable';
  if (status === 500) return 'server_error';
  if (status === 401 || status === 403) return 'invalid_grant';
  return errors?.[0]?.field === 'grant_type' && errors.length === 1
    ? 'unsupported_grant_type'
    : 'invalid_request';
}

/** What section 5.2 allows in a description. */
const describe = (detail: string): string => detail.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
