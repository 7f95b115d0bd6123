import { isIPv4, isIPv6 } from 'node:net';

/**
 * The address that a client is counted by: an IPv4 address as such, also when it is mapped into IPv6, and the /64 of an IPv6
 * one, all of which one client may use. What is no address counts as `unknown`.
 */
export function addressBucket(address: string): string {
  const [bare = ''] = address.split('%', 1);
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return 'unknown';
  const groups = expand(bare);
  return unmap(groups) ?? `${groups.slice(0, 4).join(':')}::/64`;
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
