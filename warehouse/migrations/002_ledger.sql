-- The ledger: what was promised, fetched, committed and published. All times are timestamptz.

create table ops.feed (
    feed_id text primary key,
    name text not null,
    domain text not null,
    department text not null,
    owner text not null,
    version text not null,
    frequency_s double precision not null,
    latency_s double precision not null,
    latency_element text not null,
    zone text not null,
    crs text not null,
    event_column text not null,
    main_table text not null,
    tables text[] not null,
    expected jsonb not null,
    closing jsonb not null,
    contract jsonb not null,
    contract_sha256 text not null,
    activated_at timestamptz not null default now(),
    active_from timestamptz not null,
    updated_at timestamptz not null default now()
);
comment on table ops.feed is '数据源 A feed, as its contract says';
comment on column ops.feed.activated_at is 'when the feed was first registered; never changes';
comment on column ops.feed.active_from is 'start of the obligations: activated_at minus the history that the source holds';
comment on column ops.feed.main_table is 'the landing table that the latency promise is about';

create table ops.payload (
    feed_id text not null references ops.feed,
    sha256 text not null,
    source text not null,
    name text not null,
    media_type text,
    facts jsonb not null,
    size_bytes bigint not null,
    archive_uri text not null,
    fetched_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    primary key (feed_id, sha256, fetched_at)
);
create index payload_fetched_at on ops.payload (feed_id, fetched_at);
comment on table ops.payload is '报文 One row per fetch of a payload; written when its bytes are in the archive and before they are parsed';

create table ops.batch (
    batch_id bigint generated always as identity primary key,
    feed_id text not null references ops.feed,
    run_id text not null,
    kind text not null check (kind in ('pull', 'replay', 'release')),
    state text not null check (state in ('LANDED', 'HELD', 'NOT_MODIFIED', 'FAILED')),
    started_at timestamptz not null,
    fetched_at timestamptz,
    committed_at timestamptz not null default now(),
    records bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    quarantined bigint not null default 0,
    rejects bigint not null default 0,
    drift jsonb not null default '[]',
    tables text[] not null default '{}',
    error text,
    check ((state = 'FAILED') = (error is not null)),
    check (records = inserted + updated + unchanged)
);
create index batch_feed_committed_at on ops.batch (feed_id, committed_at desc);
comment on table ops.batch is '批次 What was committed together. Its id says nothing about the order of commits';
comment on column ops.batch.tables is 'landing tables in which the batch inserted or updated rows';
comment on column ops.batch.records is 'records handed to landing = inserted + updated + unchanged; quarantined ones are not among them';

create table ops.batch_payload (
    batch_id bigint not null references ops.batch on delete cascade,
    feed_id text not null,
    sha256 text not null,
    outcome text not null check (outcome in ('ACCEPTED', 'PARTIAL', 'REJECTED')),
    rejects bigint not null,
    primary key (batch_id, sha256)
);
create index batch_payload_sha256 on ops.batch_payload (feed_id, sha256);
comment on table ops.batch_payload is '批次报文 What became of each payload of a batch';

create table ops.cursor (
    feed_id text primary key references ops.feed,
    value jsonb not null,
    updated_at timestamptz not null default now(),
    batch_id bigint not null references ops.batch
);
comment on table ops.cursor is '游标 Where the next pull of a feed starts';

create table ops.validation (
    batch_id bigint not null references ops.batch on delete cascade,
    feed_id text not null,
    table_name text not null,
    success boolean not null,
    max_severity text check (max_severity in ('critical', 'error', 'warning', 'info')),
    rows bigint not null,
    failed_rows bigint not null,
    result jsonb not null,
    primary key (batch_id, table_name)
);
comment on table ops.validation is '校验 What the gate found in a batch, per table';

create table ops.build (
    build_id text primary key,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    state text not null check (state in ('RUNNING', 'SUCCEEDED', 'FAILED')),
    selection text not null,
    batches integer,
    nodes jsonb not null default '[]',
    error text
);
create index build_started_at on ops.build (started_at desc);
comment on table ops.build is '构建 A run of dbt over what the ledger says changed';

create table ops.publication (
    batch_id bigint primary key references ops.batch on delete cascade,
    published_at timestamptz not null default now(),
    build_id text not null references ops.build
);
create index publication_published_at on ops.publication (published_at);
comment on table ops.publication is '发布 When the records of a batch became visible in the marts';
