import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { AssayError } from '@assay/domain/errors';

/** Networks that are not public (IANA's special-purpose registries, RFC 6890), by their prefix. */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
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
  ['224.0.0.0', 3],
  // Of IPv6 only 2000::/3 is handed out; these parts of it are not, or carry an IPv4 address inside
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const RESOLVE_MS = 2_000;

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const listOf = (networks: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family(network));
  return list;
};

const notPublic = listOf(NOT_PUBLIC);
const handedOut = listOf([['2000::', 3]]);

/** An IPv4 address inside an IPv6 one (`::ffff:…`) counts as itself. */
const plain = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
};

const isPublic = (address: string): boolean =>
  !notPublic.check(address, family(address)) &&
  (family(address) === 'ipv4' || handedOut.check(address, 'ipv6'));

/** Which addresses a webhook may be delivered to. */
export class TargetPolicy {
  readonly #allowed: BlockList;

  /** `spec`: networks besides the public ones, as "loopback", CIDR blocks with commas between, or "none". Throws CONFIG_INVALID. */
  constructor(spec: string) {
    const blocks = spec.split(',').flatMap((part) => (part.trim() === 'loopback' ? LOOPBACK : [part.trim()]));
    this.#allowed = listOf(spec.trim() === 'none' ? [] : blocks.map(networkOf));
  }

  allows(address: string): boolean {
    const at = plain(address);
    return isIP(at) !== 0 && (isPublic(at) || this.#allowed.check(at, family(at)));
  }

  /** Throws WEBHOOK_URL_REFUSED. */
  assertAllows(address: string, host: string): void {
    if (this.allows(address)) return;
    const named = host === address ? `"${host}"` : `"${host}" (${address})`;
    throw refusedUrl(`${named} is not a public address`);
  }
}

function networkOf(block: string): readonly [string, number] {
  const [network = '', bits = ''] = block.split('/');
  const limit = isIP(network) === 4 ? 32 : isIP(network) === 6 ? 128 : -1;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > limit)
    throw new AssayError(
      'CONFIG_INVALID',
      `Cannot start the registry: ASSAY_WEBHOOK_ALLOW ${JSON.stringify(block)} is neither loopback, none nor a network like 10.1.0.0/16`,
    );
  return [network, Number(bits)];
}

const refusedUrl = (why: string): AssayError =>
  new AssayError('WEBHOOK_URL_REFUSED', `Cannot deliver webhooks there: ${why}`, { field: 'url' });

/** Host as an address is written: without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** Throws WEBHOOK_URL_REFUSED for what is no plain http(s) address. No message repeats the URL: its path may be a secret. */
export function webhookUrl(given: string): URL {
  if (!URL.canParse(given)) throw refusedUrl('it is no URL');
  const url = new URL(given);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusedUrl(`scheme "${url.protocol.slice(0, -1)}" is neither http nor https`);
  if (url.username !== '' || url.password !== '') throw refusedUrl('it holds a user or a password');
  if (given.length > 2_000) throw refusedUrl(`it has ${given.length} characters; 2000 are enough`);
  return url;
}

/**
 * Tells a wrong address when a webhook is made. A name that cannot be resolved now is let through: each delivery looks again,
 * at the very address that it connects to. Throws WEBHOOK_URL_REFUSED.
 */
export async function assertTarget(url: URL, policy: TargetPolicy): Promise<void> {
  const host = hostOf(url);
  if (isIP(host) !== 0) return policy.assertAllows(host, host);
  const soon = new Promise<[]>((resolve) => setTimeout(() => resolve([]), RESOLVE_MS).unref());
  const found = await Promise.race([lookup(host, { all: true }).catch(() => []), soon]);
  for (const { address } of found) policy.assertAllows(address, host);
}
