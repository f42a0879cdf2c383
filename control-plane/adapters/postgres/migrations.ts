/** Applied once each, in order, and never edited afterwards: a change is one more entry. */
export const MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: '0001-control-state',
    sql: `
create table assay.endpoint (
  name text primary key, family text not null, owner text not null, policy jsonb not null,
  autonomy text not null, profile text not null, route jsonb);
create table assay.monitor_status (endpoint text primary key references assay.endpoint, status jsonb not null);
create table assay.tracked_version (
  model text not null, version text not null, family text not null, stage text not null,
  created_by text not null, digest text not null, updated_at_ms bigint not null, primary key (model, version));
create table assay.release (
  id text primary key, model text not null, version text not null, endpoint text not null references assay.endpoint,
  family text not null, profile text not null, requested_by text not null, requested_at_ms bigint not null,
  state jsonb not null, is_open boolean not null);
create unique index release_one_open on assay.release (endpoint) where is_open;
create table assay.experiment (
  id text primary key, plan jsonb not null, state jsonb not null, release text);
create table assay.experiment_look (
  n bigint generated always as identity primary key,
  experiment text not null references assay.experiment, look jsonb not null);
create index experiment_look_of on assay.experiment_look (experiment, n);
create table assay.route_plan (version bigint primary key, endpoints jsonb not null, at_ms bigint not null);
create table assay.setting (name text primary key, value bytea not null);
create table assay.outbox (
  id bigint primary key, kind text not null, decision text, event text not null, at_ms bigint not null);
create table assay.audit_log (
  sequence bigint primary key, at_ms bigint not null, previous_hash text not null, hash text not null,
  key text unique, decision text not null, event text not null, actor_kind text not null, actor_id text not null,
  reason text not null, evidence json not null);
create index audit_log_of on assay.audit_log (decision, sequence);`,
  },
  {
    // A trigger holds for every role, the tables' owner included; the grants of migrate.ts come on top
    name: '0002-audit-append-only',
    sql: `
create function assay.refuse_audit_change() returns trigger language plpgsql as $$
begin raise exception 'Cannot % audit_log: it is append-only', lower(tg_op) using errcode = 'insufficient_privilege'; end $$;
create trigger audit_log_append_only before update or delete or truncate on assay.audit_log
  for each statement execute function assay.refuse_audit_change();`,
  },
  {
    // What was in force when, beside who and why in the audit row; written in the transaction of the change itself
    name: '0003-state-history',
    sql: `
create table assay.state_history (
  n bigint generated always as identity primary key, kind text not null, model text not null, version text,
  alias text, state jsonb not null, at_ms bigint not null, sequence bigint references assay.audit_log);
create index state_history_of on assay.state_history (model, at_ms, n);
insert into assay.state_history (kind, model, version, state, at_ms)
  select 'stage', model, version, to_jsonb(stage), updated_at_ms from assay.tracked_version;
create table assay.gated_alias (
  model text not null, alias text not null, version text, since_ms bigint not null, primary key (model, alias));
insert into assay.gated_alias
  select distinct on (model) model, 'champion', version, updated_at_ms from assay.tracked_version
    where stage = 'champion' order by model, updated_at_ms desc;
insert into assay.gated_alias
  select distinct on (model) model, 'challenger', version, updated_at_ms from assay.tracked_version
    where stage in ('shadow', 'canary') order by model, updated_at_ms desc;
create table assay.feed_cursor (reader text primary key, position bigint not null);`,
  },
];
