import { isIPv4, isIPv6 } from 'node:net';

/**
 * The address that a client is counted by: an IPv4 address as such, also when it is mapped into IPv6, and the /64 of an IPv6
 * one, all of which one client may use. Anything else counts as `unknown`.
 */
export const addressBucket = (address: string): string => addressNetworks(address)[0].network;

/** A part of the Internet that one client may hold, and how many times the limit of one client holds for all of it. */
export interface Network {
  network: string;
  times: number;
}

/** The networks that a client is counted in, the narrowest first: an IPv4 address alone; of an IPv6 one the /64, and the /56 and /48 that one customer may hold, too. */
export function addressNetworks(address: string): [Network, ...Network[]] {
  const [bare = ''] = address.split('%', 1);
  if (isIPv4(bare)) return [{ network: bare, times: 1 }];
  if (!isIPv6(bare)) return [{ network: 'unknown', times: 1 }];
  const groups = expand(bare);
  const mapped = unmap(groups);
  if (mapped) return [{ network: mapped, times: 1 }];
  const [first, second, third, fourth = '0'] = groups;
  const site = `${first}:${second}:${third}`;
  const block = (Number.parseInt(fourth, 16) & 0xff00).toString(16);
  return [
    { network: `${site}:${fourth}::/64`, times: 1 },
    { network: `${site}:${block}::/56`, times: 4 },
    { network: `${site}::/48`, times: 16 },
  ];
}

/** The eight groups of an IPv6 address, in lower case and without leading zeros. */
function expand(address: string): string[] {
  // The URL parser knows every way to write one, a dotted tail included.
  const { hostname } = new URL(`http://[${address}]`);
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail)];
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));

/** The IPv4 address in `::ffff:0:0/96` (RFC 4291, section 2.5.5.2). */
function unmap(groups: readonly string[]): string | undefined {
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return undefined;
  const bytes = groups.slice(6).flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return bytes.join('.');
}
