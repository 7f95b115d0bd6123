import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The client's address: the socket's, or with so many trusted proxies in front what the outermost of them wrote, the
 * `trustedHops`-th of X-Forwarded-For from the right. Whatever stands to the left of it the client may have made up.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustedHops: number): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
  const named = trustedHops > 0 ? forwarded.at(-trustedHops)?.trim() : undefined;
  const address = named && isIP(named) ? named : (socket.remoteAddress ?? '');
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}
