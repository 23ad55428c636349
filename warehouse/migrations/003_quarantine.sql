create table quarantine.record (
    id bigint generated always as identity primary key,
    feed_id text not null references ops.feed,
    table_name text,
    batch_id bigint not null references ops.batch,
    payload_sha256 text,
    where_in_payload text not null,
    rule text not null,
    reason text not null,
    severity text not null check (severity in ('critical', 'error', 'warning', 'info')),
    record jsonb,
    record_hash text not null,
    status text not null check (status in ('open', 'held', 'released', 'resolved')),
    first_seen_at timestamptz not null default now(),
    closed_at timestamptz,
    note text,
    check ((closed_at is null) = (status in ('open', 'held'))),
    -- The same failure of the same record is one row, however often its source sends it again: a bad record in a feed
    -- that is polled every minute must not become a thousand rows a day. A reject may have no table, hence "nulls not
    -- distinct".
    unique nulls not distinct (feed_id, table_name, record_hash, rule)
);
create index record_payload on quarantine.record (feed_id, payload_sha256);
create index record_waiting on quarantine.record (feed_id, first_seen_at) where status in ('open', 'held');
comment on table quarantine.record is '隔离记录 A record, or a whole payload, that broke its contract: kept, counted, can be released';
comment on column quarantine.record.batch_id is 'the batch that last saw it fail';
comment on column quarantine.record.status is
    'open: failed; held: its batch was held back; released: let through by a person; resolved: a later reading no longer fails';
comment on column quarantine.record.payload_sha256 is 'the payload in which it was first seen';
comment on column quarantine.record.record_hash is 'of the record; of its payload and place in it where there is no record';
