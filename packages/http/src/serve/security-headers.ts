import type { ServerResponse } from 'node:http';

/** On every answer, errors included; nothing that Agora serves is a page to be framed or sniffed. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'private, no-store',
};

const entries = Object.entries(securityHeaders);

/** Sets the security headers of an answer. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of entries) response.setHeader(name, value);
}
