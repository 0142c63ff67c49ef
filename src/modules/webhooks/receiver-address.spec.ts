import ipaddr from 'ipaddr.js';
import { expect, it } from '@jest/globals';
import { addressFault } from './receiver-address.js';

it.each([
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '199.36.153.8',
  '199.36.153.5',
  '169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fe80::a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a00:1',
  '2002:a9fe:a9fe::1',
  '2002:a00:1::',
  '2001:0:a00:1::1',
  '::ffff:10.0.0.1',
  '::ffff:0:10.0.0.1',
  '::10.0.0.1',
  '2001:470:1f0b:0:0:5efe:10.0.0.1',
  '2001:470:1f0b:0:200:5efe:127.0.0.1',
  '3fff::1',
  '5f00::1',
  '2001:db8::1',
  '2001:2::1',
  '0.0.0.0',
  '198.18.0.1',
  '192.88.99.1',
  '255.255.255.255',
  '127.1',
  '2130706433',
  'nowhere',
])('%s is not sent to', address => {
  expect(addressFault(address, 443, [])).toBe('address');
});

it.each([
  '8.8.8.8',
  '168.63.129.17',
  '199.36.154.1',
  '2a00:1450:4001::1',
  '2606:4700::6810:1',
  '2001:470::5efe',
])('%s is', address => {
  expect(addressFault(address, 443, [])).toBeNull();
  expect(addressFault(address, 25, [])).toBe('port');
});

it('an address that the operator has allowed is sent to, whatever it is', () => {
  expect(addressFault('168.63.129.16', 80, [ipaddr.parseCIDR('168.63.129.0/24')])).toBeNull();
});
