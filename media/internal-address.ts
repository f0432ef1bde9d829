import { BlockList, isIPv6 } from 'node:net';

/** Not on the public internet, or not meant to be reached: IANA's special-purpose registries (RFC 6890), and multicast. */
const INTERNAL_IPV4 = blockListOf('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]);
/** All that is public lies in here, */
const GLOBAL_IPV6 = blockListOf('ipv6', [['2000::', 3]]);
/** less the tunnels, which lead to IPv4 addresses that others choose, and what documentation uses. */
const INTERNAL_IPV6 = blockListOf('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]);
/** IPv4 addresses in IPv6's clothes: mapped (RFC 4291) and behind a NAT64 (RFC 6052). */
const CARRIES_IPV4 = blockListOf('ipv6', [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
]);

/** @param address an IP address in any of its written forms, with or without a zone */
export function isInternal(address: string): boolean {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return INTERNAL_IPV4.check(plain, 'ipv4');
  if (carriesIpv4(plain)) return INTERNAL_IPV4.check(lastFourBytes(plain), 'ipv4');
  return !GLOBAL_IPV6.check(plain, 'ipv6') || INTERNAL_IPV6.check(plain, 'ipv6');
}

function carriesIpv4(address: string): boolean {
  return CARRIES_IPV4.check(address, 'ipv6');
}

/** The URL standard writes an address in one way: hexadecimal groups, the longest run of zeros left out. */
function lastFourBytes(address: string): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function blockListOf(family: 'ipv4' | 'ipv6', subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}
