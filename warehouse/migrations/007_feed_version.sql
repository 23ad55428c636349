-- What a contract promised when: a slot of last month is judged by the contract of last month.

create table ops.feed_version (
    feed_id text not null references ops.feed on delete cascade,
    valid_from timestamptz not null,
    valid_to timestamptz not null default '9999-12-31 00:00:00+00',
    activated_at timestamptz not null,
    version text not null,
    contract_sha256 text not null,
    department text not null,
    frequency_s double precision not null,
    latency_s double precision not null,
    latency_element text not null,
    expected jsonb not null,
    primary key (feed_id, valid_from),
    check (valid_from <= valid_to)
);
comment on table ops.feed_version is '契约版本 What a feed promised in [valid_from, valid_to). While it is switched off no version is in force';
comment on column ops.feed_version.activated_at is 'when the feed was last switched on before: polls are owed from then';
comment on column ops.feed_version.version is 'of the last contract that said so; a contract that promises the same is no new version';

insert into ops.feed_version (
    feed_id, valid_from, valid_to, activated_at, version, contract_sha256, department, frequency_s, latency_s,
    latency_element, expected
)
select
    feed_id, active_from, greatest(coalesce(active_until, '9999-12-31 00:00:00+00'), active_from), activated_at, version,
    contract_sha256, department, frequency_s, latency_s, latency_element, expected
from ops.feed;
