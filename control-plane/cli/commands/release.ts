import { APPROVAL_POINTS } from '@assay/domain/autonomy';
import { AssayError } from '@assay/domain/errors';
import type { ReleaseView } from '@assay/domain/read-models';
import { hasEnded, type Release } from '@assay/domain/release';
import { Argument, type Command } from 'commander';
import { apiOf } from '../api.ts';
import { asRole, remote } from '../options.ts';
import { printJson, table } from '../output.ts';

interface Flags {
  readonly state: string;
  readonly as: string;
  readonly json?: true;
}

const path = (model: string, version: string, verb = ''): string =>
  `/releases/${encodeURIComponent(model)}/${encodeURIComponent(version)}${verb}`;

type Sub = (usage: string, text: string) => Command;

export function addRelease(program: Command): void {
  const release = program
    .command('release')
    .description('bring a model version to customers, or take it away from them');
  const sub: Sub = (usage, text) =>
    remote(release.command(usage).description(text)).addOption(asRole('admin'));
  addReads(sub);
  addRequest(sub);
  addDecisions(sub);
}

function addReads(sub: Sub): void {
  sub('list', 'all releases, newest first').action(async (flags: Flags) => {
    const list = await apiOf(flags.state, flags.as).get<Release[]>('/releases');
    if (flags.json) return printJson(list);
    process.stdout.write(
      `${table(
        ['release', 'endpoint', 'state', 'requested by'],
        list.map((r) => [r.id, r.endpoint, r.state.kind, r.requestedBy]),
      )}\n`,
    );
  });

  sub('show <model> <version>', 'state, what it waits for, and the decision record').action(
    async (model: string, version: string, flags: Flags) => {
      const view = await apiOf(flags.state, flags.as).get<ReleaseView>(path(model, version));
      if (flags.json) return printJson(view);
      const rows = view.record.map((e) => [
        new Date(e.atMs).toISOString(),
        e.event,
        `${e.actor.kind} ${e.actor.id}`,
        e.reason,
      ]);
      process.stdout.write(
        `${view.release.id}: ${view.release.state.kind}${view.why ? ` (${view.why})` : ''}\n${table(['when', 'event', 'who', 'why'], rows)}\n`,
      );
    },
  );
}

function addRequest(sub: Sub): void {
  sub('request <model> <version>', 'ask for a registered version to be released')
    .requiredOption('--endpoint <name>', 'endpoint that it is for')
    .requiredOption('--snapshot <dir>', 'snapshot whose hold-out rows judge it, relative to the state folder')
    .action(async (model: string, version: string, flags: Flags & { endpoint: string; snapshot: string }) => {
      const opened = await apiOf(flags.state, flags.as).post<Release>('/releases', {
        model,
        version,
        endpoint: flags.endpoint,
        snapshotDir: flags.snapshot,
      });
      assertGoesOn(opened);
      if (flags.json) return printJson(opened);
      const what = hasEnded(opened.state) ? 'was released before' : 'is requested';
      process.stdout.write(
        `${opened.id} ${what}: ${opened.state.kind}; follow it with "assay release show ${model} ${version}"\n`,
      );
    });
}

/** Asked again, the API answers the release that is there; one that ended badly was not started anew. */
function assertGoesOn(there: Release): void {
  if (hasEnded(there.state) && there.state.kind !== 'champion')
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot request ${there.id} again: it ended as "${there.state.kind}"`,
    );
}

const abortText = ({ id, state }: Release): string =>
  state.kind === 'aborted'
    ? `${id} is aborted; the champion answers alone`
    : `${id} had ended as "${state.kind}": nothing to abort`;

function addDecisions(sub: Sub): void {
  sub('approve <model> <version>', 'approve one point of a release')
    .addArgument(new Argument('<point>', 'what to approve').choices(APPROVAL_POINTS))
    .option('--comment <text>', 'why', '')
    .action(async (model: string, version: string, point: string, flags: Flags & { comment: string }) => {
      const reply = await apiOf(flags.state, flags.as).post(path(model, version, '/approve'), {
        point,
        comment: flags.comment,
      });
      if (flags.json) return printJson(reply ?? { ok: true });
      process.stdout.write(`approved ${point} of ${model}/${version}\n`);
    });

  sub('abort <model> <version>', 'stop a release now; safe at any time, twice too')
    .requiredOption('--reason <text>', 'why')
    .action(async (model: string, version: string, flags: Flags & { reason: string }) => {
      const reply = await apiOf(flags.state, flags.as).post<{ release: Release }>(
        path(model, version, '/abort'),
        { reason: flags.reason },
      );
      if (flags.json) return printJson(reply);
      process.stdout.write(`${abortText(reply.release)}\n`);
    });

  sub('unquarantine <model> <version>', 'let a version that was rolled back be requested again, by name')
    .requiredOption('--reason <text>', 'why it may be trusted again')
    .action(async (model: string, version: string, flags: Flags & { reason: string }) => {
      const ref = `/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`;
      const body = { reason: flags.reason };
      const tracked = await apiOf(flags.state, flags.as).post(`${ref}/release-from-quarantine`, body);
      if (flags.json) return printJson(tracked);
      process.stdout.write(`${model}/${version} is registered again; request its release as any other\n`);
    });
}
