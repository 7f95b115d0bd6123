import { expect, it } from '@jest/globals';
import { addressBucket, addressNetworks } from '../src/serve/address-bucket.js';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['unix:', 'unknown'],
  ['', 'unknown'],
  ['1.2.3.4.5', 'unknown'],
])('counts %j as %j', (address, bucket) => {
  expect(addressBucket(address)).toBe(bucket);
});

it('counts an IPv6 address in its /56 and /48 too, with growing limits', () => {
  expect(addressNetworks('2001:db8:1:2ff::7')).toEqual([
    { network: '2001:db8:1:2ff::/64', times: 1 },
    { network: '2001:db8:1:200::/56', times: 4 },
    { network: '2001:db8:1::/48', times: 16 },
  ]);
});

it('counts an IPv4 address alone', () => {
  expect(addressNetworks('203.0.113.7')).toEqual([{ network: '203.0.113.7', times: 1 }]);
});
