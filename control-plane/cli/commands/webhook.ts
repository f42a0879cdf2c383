import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AssayError } from '@assay/domain/errors';
import { LIFECYCLE_EVENTS, MLFLOW_EVENTS } from '@assay/domain/webhook-events';
import { type DeliveryView, WebhookClient, type WebhookView } from '@assay/registry-client/webhooks';
import { type Command, Option } from 'commander';
import { whole } from '../options.ts';
import { EXIT, printJson, say, table } from '../output.ts';
import { type RegistryFlags, registryOf, withRegistry } from '../registry.ts';

interface Flags extends RegistryFlags {
  readonly json?: true;
}

interface CreateFlags extends Flags {
  readonly event: readonly string[];
  readonly model?: string;
  readonly description?: string;
  readonly secretFile?: string;
  readonly unsigned?: true;
}

const ABOUT = `
Events of MLflow, which its own client can subscribe to as well:
  ${MLFLOW_EVENTS.join('\n  ')}
Events of the lifecycle:
  ${LIFECYCLE_EVENTS.join('\n  ')}
Messages are CloudEvents 1.0, signed as Standard Webhooks and MLflow have it; registry/README.md says how to verify them.
Names: 1 to 63 letters, digits, ".", "_" and "-". A filter like "fraud-*" takes "*" for any characters.`;

type Sub = (usage: string, text: string) => Command;

export function addWebhook(program: Command): void {
  const webhook = program
    .command('webhook')
    .description('who is told when versions, aliases and states change');
  const sub: Sub = (usage, text) =>
    withRegistry(webhook.command(usage).description(text)).option('--json', 'print JSON');
  addCreate(sub);
  addReads(sub);
  addChanges(sub);
  addDeliveries(sub);
}

const client = (flags: Flags): WebhookClient => new WebhookClient(registryOf(flags, 'admin', process.env));

const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(','),
];

/** Never from the command line, which everybody on the machine can read. */
function secretOf({ secretFile, unsigned }: CreateFlags): { secret?: string; isNew: boolean } {
  if (unsigned) return { isNew: false };
  if (secretFile === undefined) return { secret: `whsec_${randomBytes(32).toString('base64')}`, isNew: true };
  const secret = readFileSync(secretFile === '-' ? 0 : secretFile, 'utf8').trim();
  if (secret === '')
    throw new AssayError('WEBHOOK_INVALID', `Cannot read a secret from "${secretFile}": it is empty`, {
      field: '--secret-file',
    });
  return { secret, isNew: false };
}

function addCreate(sub: Sub): void {
  sub('create <name> <url>', 'tell an http(s) address of events; makes a secret and shows it once')
    .requiredOption('--event <names>', 'what to tell of, with commas between or more than once', collect)
    .option('--model <filter>', 'only models of this name; "*" stands for any characters')
    .option('--description <text>', 'what it is for')
    .addOption(new Option('--secret-file <file>', 'sign with the secret in this file ("-": standard input)'))
    .addOption(new Option('--unsigned', 'sign nothing').conflicts('secretFile'))
    .addHelpText('after', ABOUT)
    .action(async (name: string, url: string, flags: CreateFlags) => {
      const { secret, isNew } = secretOf(flags);
      const { event, model, description } = flags;
      const made = await client(flags).create({
        name,
        url,
        events: event,
        ...(model !== undefined && { model }),
        ...(description !== undefined && { description }),
        ...(secret !== undefined && { secret }),
      });
      if (flags.json) return printJson(isNew ? { ...made, secret } : made);
      process.stdout.write(`${made.id}\n`);
      if (isNew) process.stdout.write(`secret, shown only now: ${secret}\n`);
    });
}

const counts = (w: WebhookView): string => `${w.waiting} waiting, ${w.delivered} delivered, ${w.dead} dead`;

function addReads(sub: Sub): void {
  sub('list', 'all webhooks, and how their deliveries stand').action(async (flags: Flags) => {
    const list = await client(flags).list();
    if (flags.json) return printJson(list);
    const rows = list.map((w) => [w.id, w.name, w.status, w.model ?? '*', counts(w)]);
    process.stdout.write(`${table(['webhook', 'name', 'status', 'models', 'deliveries'], rows)}\n`);
  });
  sub('show <id>', 'one webhook').action(async (id: string, flags: Flags) => {
    const w = await client(flags).get(id);
    if (flags.json) return printJson(w);
    const held = w.heldUntilMs === null ? '' : `, held until ${new Date(w.heldUntilMs).toISOString()}`;
    const lines = [
      `${w.name} (${w.id}): ${w.status}${held}`,
      `to ${w.url}, ${w.isSigned ? 'signed' : 'NOT signed'}`,
      `of ${w.model ?? 'all models'}: ${w.events.join(', ')}`,
      counts(w),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}

function addChanges(sub: Sub): void {
  const status =
    (to: WebhookView['status'], what: string) =>
    async (id: string, flags: Flags): Promise<void> => {
      const changed = await client(flags).setStatus(id, to);
      if (flags.json) return printJson(changed);
      process.stdout.write(`${changed.name} ${what}\n`);
    };
  sub(
    'pause <id>',
    'send nothing; what waits goes on waiting, and what happens now is not told later',
  ).action(status('DISABLED', 'is paused'));
  sub('resume <id>', 'send again, first what waits').action(status('ACTIVE', 'is active'));
  sub('delete <id>', 'forget the webhook, its log and what waits').action(
    async (id: string, flags: Flags) => {
      await client(flags).remove(id);
      if (flags.json) return printJson({ deleted: id });
      process.stdout.write(`${id} is deleted\n`);
    },
  );
  sub('test <id>', 'send one example now; exit 1 unless it is answered with 2xx')
    .option('--event <name>', 'event to send an example of (default: its first)')
    .action(async (id: string, flags: Flags & { event?: string }) => {
      const result = await client(flags).test(id, flags.event);
      if (!result.success) process.exitCode = EXIT.refused;
      if (flags.json) return printJson(result);
      say(`${result.latencyMs} ms`);
      process.stdout.write(`${result.success ? `answered ${result.status}` : result.error}\n`);
    });
}

const shown = (d: DeliveryView): string[] => {
  const last = d.log.at(-1);
  return [
    d.id,
    new Date(d.queuedAtMs).toISOString(),
    d.event,
    d.subject,
    d.state,
    String(d.attempts),
    last === undefined ? '' : `${last.error ?? last.status}, ${last.latencyMs} ms`,
  ];
};

function addDeliveries(sub: Sub): void {
  sub('deliveries <id>', 'log of a webhook, newest first')
    .addOption(new Option('--only <state>', 'in this state').choices(['waiting', 'delivered', 'dead']))
    .option('--limit <n>', 'so many', whole(1, 1000), 50)
    .action(async (id: string, flags: Flags & { only?: string; limit: number }) => {
      const list = await client(flags).deliveries(id, flags.only, flags.limit);
      if (flags.json) return printJson(list);
      const head = ['delivery', 'queued', 'event', 'of', 'state', 'attempts', 'last answer'];
      process.stdout.write(`${table(head, list.map(shown))}\n`);
    });
  sub('redeliver <id> [delivery]', 'send an ended delivery again; without its id, all dead ones').action(
    async (id: string, delivery: string | undefined, flags: Flags) => {
      const again = await client(flags).redeliver(id, delivery);
      if (flags.json) return printJson(again);
      process.stdout.write(`${again.queued} queued again\n`);
    },
  );
}
