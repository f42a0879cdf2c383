import { expect, test } from 'vitest';
import { assertTarget, TargetPolicy, webhookUrl } from './webhook-target.ts';

const nothing = new TargetPolicy('none');

test.for([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  '2001:db8::1',
  '2002:a00:1::',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  'no address',
])('%s is not public', (address) => expect(nothing.allows(address)).toBe(false));

test.for(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
  '%s is public',
  (address) => expect(nothing.allows(address)).toBe(true),
);

test('loopback and networks can be allowed, and nothing beside them', () => {
  const policy = new TargetPolicy('loopback, 10.1.0.0/16,fd00:1::/32');
  expect(['127.0.0.1', '127.9.9.9', '::1', '10.1.9.9', 'fd00:1::5'].filter((a) => !policy.allows(a))).toEqual(
    [],
  );
  expect(['10.2.0.1', 'fd00:2::5', '169.254.169.254'].filter((a) => policy.allows(a))).toEqual([]);
});

test.for(['private', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', 'loopback;none', ''])(
  'ASSAY_WEBHOOK_ALLOW=%s stops the start',
  (spec) => {
    expect(() => new TargetPolicy(spec)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  },
);

test('a name counts as every address that it resolves to', async () => {
  const url = webhookUrl('http://localhost:1/');
  await expect(assertTarget(url, nothing)).rejects.toMatchObject({ code: 'WEBHOOK_URL_REFUSED' });
  await expect(assertTarget(url, new TargetPolicy('loopback'))).resolves.toBeUndefined();
});

test('a name that cannot be resolved now is let through: deliveries look again', async () => {
  await expect(assertTarget(webhookUrl('https://hooks.invalid/'), nothing)).resolves.toBeUndefined();
});
