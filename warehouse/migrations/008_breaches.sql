-- What is wrong now, and who was told. All of it is read from ledger, landing and the clock of the database: no run has
-- to succeed for a breach to show. `riskmap watch` keeps the life of each breach and sends the messages.

create table ops.breach_rule (
    kind text primary key,
    severity text not null check (severity in ('error', 'warning')),
    limit_value double precision,
    at_least double precision,
    settle_s double precision not null check (settle_s >= 0),
    inhibited_by text[] not null default '{}',
    is_enabled boolean not null default true,
    title_zh text not null,
    title_en text not null,
    what_to_do_zh text not null,
    what_to_do_en text not null,
    source text not null
);
comment on table ops.breach_rule is '违约规则 Kinds of breaches, their limits and what to do; edited by those who run the warehouse (update ops.breach_rule set ...)';
comment on column ops.breach_rule.limit_value is 'the limit; its unit is told in source. Null where there is nothing to choose';
comment on column ops.breach_rule.at_least is 'a share is judged from so many cases on';
comment on column ops.breach_rule.settle_s is 'for so many seconds a breach must have stood before anybody is told';
comment on column ops.breach_rule.inhibited_by is 'kinds that explain this one: while one of them is open (for the same feed, or for none) nobody is told of this';
comment on column ops.breach_rule.source is 'where the limit comes from, and its unit; [K]: nobody has checked it';

insert into ops.breach_rule
    (kind, severity, limit_value, at_least, settle_s, inhibited_by, title_zh, title_en, what_to_do_zh, what_to_do_en, source)
values
('scheduler_dead', 'error', 300, null, 180, '{}',
    '调度停止', 'the scheduler is dead',
    '运行 riskmap status 与 riskmap up；查看 logs/airflow-scheduler.log', 'run riskmap status, then riskmap up; read logs/airflow-scheduler.log',
    's without any pull or build; the build is due every two minutes'),
('airflow_unhealthy', 'error', null, null, 120, '{scheduler_dead}',
    'Airflow 不健康', 'Airflow is not healthy',
    '查看 logs/airflow-*.log，再运行 riskmap up', 'read logs/airflow-*.log, then run riskmap up',
    'what Airflow says of itself'),
('intake_down', 'error', null, null, 60, '{}',
    '接收服务停止', 'the intake does not listen',
    '查看 logs/intake.log，再运行 riskmap up', 'read logs/intake.log, then run riskmap up',
    'a connection to each address that senders use'),
('disk_low', 'error', 2, null, 0, '{}',
    '磁盘空间不足', 'the disk is nearly full',
    '清理或扩容；归档与数据库只增不减', 'free some space or add some: archive and database only grow',
    'GB free where RISKMAP_HOME lies; as in riskmap doctor'),
('feed_not_polled', 'error', 3, null, 180, '{scheduler_dead,feed_failing}',
    '数据源未按时获取', 'a feed is not polled in time',
    '查看 Airflow 中 ingest_数据源 的运行；riskmap ingest 数据源 可立即获取', 'look at the runs of ingest_FEED in Airflow; riskmap ingest FEED polls it here and now',
    'cadences of the feed without a poll, at least 300 s; as STALE in riskmap status'),
('feed_failing', 'error', 600, null, 0, '{}',
    '数据源获取失败', 'a feed fails',
    '按错误信息处理（运行手册“数据源的错误”），再运行 riskmap ingest 数据源', 'do what the error says (operations: errors of feeds), then riskmap ingest FEED',
    's since the first failure after the last success; [K]'),
('sender_silent', 'warning', 3, null, 60, '{intake_down}',
    '上报方沉默', 'senders are silent',
    '联系上报单位并检查网络；查看 logs/intake.log', 'ask the senders and check the network; read logs/intake.log',
    'cadences of the feed without a message, at least 300 s'),
('feed_content_stale', 'error', 2, null, 60, '{scheduler_dead,feed_not_polled,feed_failing,sender_silent,intake_down}',
    '数据内容陈旧', 'a feed answers with old content',
    '来源系统有应答但无新数据：联系来源部门', 'the source answers but has nothing new: ask its department',
    'slots of the feed, on top of its delay promise and of the longest pause between its transfers, at least 600 s; only feeds that owe slots'),
('batch_held', 'error', null, null, 0, '{}',
    '批次被扣留', 'a batch is held back',
    'riskmap quarantine list --status held；修复来源或契约后 riskmap quarantine release', 'riskmap quarantine list --status held; mend source or contract, then riskmap quarantine release',
    'a critical rule of the contract'),
('quarantine_share', 'warning', 5, 10, 300, '{}',
    '隔离比例过高', 'too many records are refused',
    'riskmap quarantine list --feed 数据源；常见原因是来源格式变化', 'riskmap quarantine list --feed FEED; often the source changed its format',
    'per cent of the records of 24 h; [K]'),
('build_failing', 'error', 2, null, 0, '{}',
    '构建失败', 'builds fail',
    '运行 riskmap build 查看完整错误；修复模型或数据', 'run riskmap build to see the error whole; mend model or data',
    'failures in a row'),
('build_stale', 'error', 1200, null, 180, '{scheduler_dead,build_failing}',
    '构建停滞', 'no build has succeeded for too long',
    '查看 Airflow 的 build；riskmap build 可立即构建', 'look at DAG build in Airflow; riskmap build builds here and now',
    's since the last success; the build is due every two minutes; [K]'),
('batch_unpublished', 'error', 1800, null, 60, '{scheduler_dead,build_stale,build_failing}',
    '数据已落地未发布', 'landed batches are not published',
    '运行 riskmap build；仍未发布则 riskmap build --all', 'run riskmap build; if they stay, riskmap build --all',
    's since the oldest was committed; [K]'),
('receipts_silent', 'warning', null, null, 0, '{scheduler_dead,feed_not_polled,feed_failing}',
    '预警回执沉默', 'no receipts for warnings',
    '联系预警发布平台；没有回执就无法证明预警触达', 'ask those who run the warning platform: without receipts nobody can prove that warnings arrive',
    'the delay promise of the feed of receipts'),
('warning_not_reached', 'error', 0, null, 0, '{}',
    '红色预警未触达', 'a red warning has not reached key enterprises',
    '按 marts.warning_gap 的名单逐一电话通知', 'call the enterprises that marts.warning_gap lists',
    'key enterprises that are not reached though the promise is over'),
('run_failed', 'warning', null, null, 0, '{feed_failing,feed_not_polled,scheduler_dead}',
    '任务失败', 'a run failed and left no trace in the ledger',
    '在 Airflow 中查看该运行的日志', 'read the log of the run in Airflow',
    'told by Airflow'),
('run_overdue', 'warning', null, null, 0, '{feed_failing,feed_not_polled,scheduler_dead,build_stale}',
    '任务超时', 'a run takes too long',
    '在 Airflow 中查看该运行；来源或数据库可能很慢', 'look at the run in Airflow; source or database may be slow',
    'told by a deadline alert of Airflow'),
('channel_failing', 'error', 3, null, 0, '{}',
    '通知渠道故障', 'a channel refuses messages',
    'riskmap notify 试发一条；检查地址、密钥与网络', 'riskmap notify sends a test; check address, secret and network',
    'attempts without success'),
('check_failed', 'warning', null, null, 300, '{}',
    '检查无法进行', 'a check cannot be made',
    '按错误信息修复；多为构建后列不一致', 'mend what the error names; often a mart lacks a column until the next build',
    'an error of the check itself'),
('database_unreachable', 'error', null, null, 0, '{}',
    '数据库无法访问', 'the warehouse does not answer',
    '运行 riskmap doctor；查看 postgres/server.log（常见原因：磁盘满）', 'run riskmap doctor; read postgres/server.log (often the disk is full)',
    'the watcher itself; not in ops.breach_now');

-- What others tell: probes of the watcher, failed or late runs of Airflow. It stands until it expires.
create table ops.signal (
    kind text not null references ops.breach_rule,
    object text not null,
    feed_id text,
    since timestamptz not null default now(),
    told_at timestamptz not null default now(),
    expires_at timestamptz not null,
    value double precision,
    unit text,
    message_zh text not null,
    message_en text not null,
    primary key (kind, object)
);
comment on table ops.signal is '信号 What probes and Airflow tell, until it expires';

create table ops.breach (
    breach_id bigint generated always as identity primary key,
    breach_key text not null,
    kind text not null references ops.breach_rule,
    severity text not null check (severity in ('error', 'warning')),
    department text,
    feed_id text,
    object text,
    since timestamptz not null,
    opened_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    resolved_at timestamptz,
    value double precision,
    unit text,
    limit_value double precision,
    message_zh text not null,
    message_en text not null,
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledged_note text,
    told_at timestamptz,
    resolution_told_at timestamptz,
    check (resolved_at is null or resolved_at >= opened_at),
    check ((acknowledged_at is null) = (acknowledged_by is null))
);
create unique index breach_open on ops.breach (breach_key) where resolved_at is null;
create index breach_resolution on ops.breach (resolved_at) where resolved_at is not null and resolution_told_at is null;
comment on table ops.breach is '违约 A breach from when the watcher first saw it until it was gone';
comment on column ops.breach.since is 'when it began, as far as the ledger tells; opened_at is when the watcher saw it first';
comment on column ops.breach.told_at is 'when a message last named it; null: nobody was told';

create table ops.silence (
    silence_id bigint generated always as identity primary key,
    kind text references ops.breach_rule,
    department text,
    feed_id text,
    breach_key text,
    until timestamptz not null,
    reason text not null check (reason <> ''),
    created_by text not null,
    created_at timestamptz not null default now(),
    lifted_at timestamptz,
    check (num_nonnulls(kind, department, feed_id, breach_key) > 0)
);
comment on table ops.silence is '静默 Of what matches all that is named here nobody is told until then; it is still recorded';

create table ops.notification (
    notification_id bigint generated always as identity primary key,
    message_id uuid not null,
    channel text not null,
    type text not null check (type in ('opened', 'repeated', 'resolved', 'digest', 'test')),
    group_key text not null,
    breach_ids bigint[] not null,
    subject text not null,
    body text not null,
    payload jsonb not null,
    state text not null default 'PENDING' check (state in ('PENDING', 'SENT', 'FAILED')),
    attempts integer not null default 0,
    created_at timestamptz not null default now(),
    next_attempt_at timestamptz not null default now(),
    sent_at timestamptz,
    error text,
    unique (message_id, channel),
    check ((state = 'SENT') = (sent_at is not null))
);
create index notification_pending on ops.notification (next_attempt_at) where state = 'PENDING';
create index notification_created_at on ops.notification (created_at);
comment on table ops.notification is '通知 The outbox: written in the transaction that decides to tell, sent afterwards; message_id is the same at each attempt';

create table ops.watch (
    watch_id boolean primary key default true check (watch_id),
    looked_at timestamptz not null,
    n_open bigint not null,
    n_error bigint not null
);
comment on table ops.watch is '值守 One row: when the watcher last looked, and what it saw';

create function ops.span_zh(seconds double precision) returns text language sql immutable return
    case
        when seconds < 120 then round(seconds)::text || ' 秒'
        when seconds < 7200 then round(seconds / 60)::text || ' 分钟'
        when seconds < 172800 then round((seconds / 3600)::numeric, 1)::text || ' 小时'
        else round((seconds / 86400)::numeric, 1)::text || ' 天'
    end;

create function ops.span_en(seconds double precision) returns text language sql immutable return
    case
        when seconds < 120 then round(seconds)::text || ' s'
        when seconds < 7200 then round(seconds / 60)::text || ' min'
        when seconds < 172800 then round((seconds / 3600)::numeric, 1)::text || ' h'
        else round((seconds / 86400)::numeric, 1)::text || ' d'
    end;

create function ops.age_s(moment timestamptz) returns double precision language sql stable return
    extract(epoch from now() - moment)::double precision;

-- The newest event of a feed that lies not in the future: one clock that runs ahead must not hide that all is old.
-- Landing's tables are made after the migrations, hence the name at run time.
create function ops.newest_event_at(feed text, main_table text, event_column text) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    partition_name text := main_table || '__' || feed;
    newest timestamptz;
begin
    if to_regclass(format('landing.%I', partition_name)) is null then
        return null;
    end if;
    execute format('select max(%1$I) from landing.%2$I where %1$I <= now()', event_column, partition_name) into newest;
    return newest;
end
$$;

-- What the marts add to the ledger, where they exist. A check that fails says so instead of being silent.
create function ops.breaches_of_marts() returns table (
    kind text, department text, feed_id text, object text, since timestamptz, value double precision, unit text,
    message_zh text, message_en text
)
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    if to_regclass('marts.warning_gap') is not null then
        begin
            return query execute $query$
                select
                    'warning_not_reached',
                    (select min(feed.department) from ops.feed where 'warning_receipt' = any(feed.tables)),
                    null::text,
                    warning_key,
                    min(due_at),
                    count(*)::double precision,
                    'enterprises',
                    format(
                        '红色预警 %s（%s）：%s 家重点企业逾期未触达：%s',
                        min(event), warning_key, count(*),
                        array_to_string((array_agg(enterprise_name order by credit_code))[1:5], '、')
                            || case when count(*) > 5 then ' 等' else '' end
                    ),
                    format(
                        'red warning %s (%s): %s key enterprises not reached in time: %s',
                        min(event), warning_key, count(*),
                        array_to_string((array_agg(enterprise_name order by credit_code))[1:5], ', ')
                            || case when count(*) > 5 then ', ...' else '' end
                    )
                from marts.warning_gap
                where
                    colour = 'red'
                    and is_in_force
                    and receipt_state in ('SENT', 'NOT_REACHED')
                group by warning_key
            $query$;
        exception when others then
            return query select
                'check_failed', null::text, null::text, 'warning_not_reached', now(), null::double precision, null::text,
                '检查 warning_not_reached 失败：' || sqlerrm, 'the check warning_not_reached failed: ' || sqlerrm;
        end;
    end if;
end
$$;

create view ops.breach_now as
with

rules as (

    select * from ops.breach_rule where is_enabled

),

feeds as (

    select
        feed.*,
        coalesce(connector.transport in ('tcp', 'http_push', 'mqtt'), false) as is_sent_to_us,
        last_poll.committed_at as last_poll_at,
        last_answer.committed_at as last_answer_at,
        failures.first_at as failing_since,
        failures.n_failures,
        failures.last_error
    from ops.feed as feed
    left join lateral (
        select property.value #>> '{value,transport}' as transport
        from jsonb_array_elements(feed.contract -> 'customProperties') as property
        where property.value ->> 'property' = 'connector'
    ) as connector on true
    left join lateral (
        select batch.committed_at from ops.batch
        where batch.feed_id = feed.feed_id and batch.kind = 'pull'
        order by batch.committed_at desc
        limit 1
    ) as last_poll on true
    left join lateral (
        -- a batch that was held was fetched all the same
        select batch.committed_at from ops.batch
        where batch.feed_id = feed.feed_id and batch.kind = 'pull' and batch.state <> 'FAILED'
        order by batch.committed_at desc
        limit 1
    ) as last_answer on true
    left join lateral (
        select
            min(batch.committed_at) as first_at,
            count(*) as n_failures,
            (array_agg(batch.error order by batch.committed_at desc, batch.batch_id desc))[1] as last_error
        from ops.batch
        where
            batch.feed_id = feed.feed_id
            and batch.kind = 'pull'
            and batch.state = 'FAILED'
            and batch.committed_at > greatest(last_answer.committed_at, feed.activated_at)
    ) as failures on true
    where feed.active_until is null

),

builds as (

    select
        (select max(build.finished_at) from ops.build where build.state = 'SUCCEEDED') as last_success_at,
        (select max(greatest(build.started_at, build.finished_at)) from ops.build) as last_activity_at,
        (select min(feeds.activated_at) from feeds) as first_activated_at,
        -- the lock that a build holds is free the moment that it dies
        exists (
            select from pg_locks
            where
                locktype = 'advisory' and granted
                and database = (select pg_database.oid from pg_database where datname = current_database())
                and (classid::bigint << 32) | objid::bigint = hashtextextended('riskmap.build', 0)
        )
        and (select max(build.started_at) from ops.build where build.state = 'RUNNING') > now() - interval '1 hour'
            as is_building

),

failed_builds as (

    select
        count(*) as n_failures,
        min(build.finished_at) as first_at,
        (array_agg(build.error order by build.finished_at desc, build.build_id desc))[1] as last_error
    from ops.build
    cross join builds
    where build.state = 'FAILED' and build.finished_at > coalesce(builds.last_success_at, '-infinity')

),

-- what older batches lack shows as builds that do not succeed
unpublished as (

    select count(*) as n_batches, min(batch.committed_at) as oldest_at
    from ops.feed as feed
    inner join ops.batch
        on feed.feed_id = batch.feed_id and batch.committed_at > now() - interval '7 days' and batch.state = 'LANDED'
    where not exists (select from ops.publication where publication.batch_id = batch.batch_id)

),

day_of_records as (

    select
        feeds.feed_id,
        feeds.department,
        feeds.name,
        min(batch.committed_at) filter (where batch.quarantined > 0) as first_at,
        sum(batch.quarantined)::double precision as n_quarantined,
        sum(batch.records + batch.quarantined)::double precision as n_records
    from feeds
    inner join ops.batch
        on
            feeds.feed_id = batch.feed_id
            and batch.committed_at > now() - interval '24 hours'
            and batch.kind = 'pull'
            and batch.state = 'LANDED'
    group by feeds.feed_id, feeds.department, feeds.name

),

-- the oldest warning since the last receipt, for each feed of receipts
unanswered as (

    select
        feeds.feed_id,
        feeds.department,
        feeds.name,
        feeds.latency_s,
        min(batch.committed_at) as since
    from feeds
    left join lateral (
        select max(receipts.committed_at) as last_at from ops.batch as receipts
        where
            receipts.feed_id = feeds.feed_id
            and receipts.committed_at > now() - interval '7 days'
            and 'warning_receipt' = any(receipts.tables)
    ) as receipt on true
    inner join feeds as warnings on 'warning' = any(warnings.tables)
    inner join ops.batch
        on
            warnings.feed_id = batch.feed_id
            and batch.committed_at > coalesce(receipt.last_at, now() - interval '7 days')
            and 'warning' = any(batch.tables)
    where 'warning_receipt' = any(feeds.tables)
    group by feeds.feed_id, feeds.department, feeds.name, feeds.latency_s

),

contents as (

    select
        feeds.*,
        newest.event_at as newest_at,
        greatest(newest.event_at, feeds.activated_at) as since,
        (feeds.expected ->> 'every_s')::double precision as slot_s,
        transfers.pause_s
    from feeds
    -- a source that hands over a few times a day: its longest pause
    left join lateral (
        select max(extract(epoch from transfer.next_at - transfer.moment))::double precision as pause_s
        from (
            select
                value::interval as moment,
                coalesce(
                    lead(value::interval) over (order by value), min(value::interval) over () + interval '24 hours'
                ) as next_at
            from jsonb_array_elements_text(feeds.expected -> 'transfer_times') as value
        ) as transfer
    ) as transfers on true
    cross join lateral (
        select ops.newest_event_at(feeds.feed_id, feeds.main_table, feeds.event_column) as event_at
    ) as newest
    where feeds.expected ->> 'kind' = 'entity_slots'

),

held as (

    select record.feed_id, count(*) as n_records, min(record.first_seen_at) as since
    from quarantine.record
    where record.status = 'held'
    group by record.feed_id

),

channels as (

    select
        finished.channel,
        max(finished.attempts) as n_attempts,
        min(finished.created_at) as since,
        (array_agg(finished.error order by finished.notification_id desc))[1] as last_error
    from ops.notification as finished
    where
        finished.state <> 'SENT'
        and finished.attempts > 0
        and finished.created_at > now() - interval '1 day'
        and not exists (
            select from ops.notification as later
            where
                later.channel = finished.channel
                and later.sent_at > finished.created_at
        )
    group by finished.channel

),

found as (

    select
        'scheduler_dead' as kind,
        null::text as department,
        null::text as feed_id,
        null::text as object,
        activity.last_at as since,
        ops.age_s(activity.last_at) as value,
        's' as unit,
        rules.limit_value,
        format('已 %s没有任何获取或构建', ops.span_zh(ops.age_s(activity.last_at))) as message_zh,
        format('nothing was fetched or built for %s', ops.span_en(ops.age_s(activity.last_at))) as message_en
    from rules
    cross join lateral (
        select greatest(
            (select max(feeds.last_poll_at) from feeds where not feeds.is_sent_to_us),
            builds.last_activity_at,
            case when builds.is_building then now() end,
            builds.first_activated_at
        ) as last_at
        from builds
    ) as activity
    where rules.kind = 'scheduler_dead' and ops.age_s(activity.last_at) > rules.limit_value

    union all

    select
        rules.kind,
        feeds.department,
        feeds.feed_id,
        null,
        silence.since,
        ops.age_s(silence.since),
        's',
        silence.limit_s,
        format(
            case when feeds.is_sent_to_us then '%s：已 %s没有上报，应不超过 %s' else '%s：已 %s未成功获取，应不超过 %s' end,
            feeds.name, ops.span_zh(ops.age_s(silence.since)), ops.span_zh(silence.limit_s)
        ),
        format(
            case
                when feeds.is_sent_to_us then '%s: nothing was sent for %s, the limit is %s'
                else '%s: not polled for %s, the limit is %s'
            end,
            feeds.feed_id, ops.span_en(ops.age_s(silence.since)), ops.span_en(silence.limit_s)
        )
    from feeds
    inner join rules on rules.kind = case when feeds.is_sent_to_us then 'sender_silent' else 'feed_not_polled' end
    cross join lateral (
        select
            greatest(feeds.last_answer_at, feeds.activated_at) as since,
            greatest(rules.limit_value * feeds.frequency_s, 300) as limit_s
    ) as silence
    where ops.age_s(silence.since) > silence.limit_s

    union all

    select
        rules.kind,
        feeds.department,
        feeds.feed_id,
        null,
        feeds.failing_since,
        ops.age_s(feeds.failing_since),
        's',
        rules.limit_value,
        format(
            '%s：%s以来 %s 次获取全部失败：%s',
            feeds.name, ops.span_zh(ops.age_s(feeds.failing_since)), feeds.n_failures, left(feeds.last_error, 300)
        ),
        format(
            '%s: all %s attempts of the last %s failed: %s',
            feeds.feed_id, feeds.n_failures, ops.span_en(ops.age_s(feeds.failing_since)), left(feeds.last_error, 300)
        )
    from feeds
    inner join rules on rules.kind = 'feed_failing'
    where ops.age_s(feeds.failing_since) > rules.limit_value

    union all

    select
        rules.kind,
        contents.department,
        contents.feed_id,
        null,
        contents.since,
        ops.age_s(contents.since),
        's',
        promise.limit_s,
        format(
            '%s：有应答，但%s，应不超过 %s',
            contents.name,
            coalesce('最新数据是 ' || ops.span_zh(ops.age_s(contents.newest_at)) || '前的', '还没有任何数据'),
            ops.span_zh(promise.limit_s)
        ),
        format(
            '%s: it answers, but %s, the limit is %s',
            contents.feed_id,
            coalesce('its newest event is ' || ops.span_en(ops.age_s(contents.newest_at)) || ' old', 'no event has come yet'),
            ops.span_en(promise.limit_s)
        )
    from contents
    inner join rules on rules.kind = 'feed_content_stale'
    cross join lateral (
        select greatest(
            rules.limit_value * coalesce(contents.slot_s, contents.pause_s)
            + case when contents.slot_s is null then 0 else coalesce(contents.pause_s, 0) end
            + contents.latency_s,
            600
        ) as limit_s
    ) as promise
    where ops.age_s(contents.since) > promise.limit_s

    union all

    select
        rules.kind,
        feed.department,
        held.feed_id,
        null,
        held.since,
        held.n_records,
        'records',
        0,
        format('%s：%s 条记录的批次被扣留，未落地', feed.name, held.n_records),
        format('%s: batches of %s records are held and did not land', feed.feed_id, held.n_records)
    from held
    inner join ops.feed as feed on held.feed_id = feed.feed_id
    inner join rules on rules.kind = 'batch_held'

    union all

    select
        rules.kind,
        day_of_records.department,
        day_of_records.feed_id,
        null,
        day_of_records.first_at,
        100 * day_of_records.n_quarantined / day_of_records.n_records,
        '%',
        rules.limit_value,
        format(
            '%s：24 小时内 %s / %s 条记录被隔离',
            day_of_records.name, day_of_records.n_quarantined, day_of_records.n_records
        ),
        format(
            '%s: %s of %s records of 24 hours are in quarantine',
            day_of_records.feed_id, day_of_records.n_quarantined, day_of_records.n_records
        )
    from day_of_records
    inner join rules on rules.kind = 'quarantine_share'
    where
        day_of_records.n_quarantined >= rules.at_least
        and 100 * day_of_records.n_quarantined > rules.limit_value * day_of_records.n_records

    union all

    select
        rules.kind,
        null,
        null,
        null,
        failed_builds.first_at,
        failed_builds.n_failures,
        'builds',
        rules.limit_value,
        format('连续 %s 次构建失败：%s', failed_builds.n_failures, left(failed_builds.last_error, 300)),
        format('%s builds in a row failed: %s', failed_builds.n_failures, left(failed_builds.last_error, 300))
    from failed_builds
    inner join rules on rules.kind = 'build_failing'
    where failed_builds.n_failures >= rules.limit_value

    union all

    select
        rules.kind,
        null,
        null,
        null,
        last.success_at,
        ops.age_s(last.success_at),
        's',
        rules.limit_value,
        format('已 %s没有成功的构建', ops.span_zh(ops.age_s(last.success_at))),
        format('no build has succeeded for %s', ops.span_en(ops.age_s(last.success_at)))
    from builds
    inner join rules on rules.kind = 'build_stale'
    cross join lateral (select coalesce(builds.last_success_at, builds.first_activated_at) as success_at) as last
    where ops.age_s(last.success_at) > rules.limit_value and builds.is_building is not true

    union all

    select
        rules.kind,
        null,
        null,
        null,
        unpublished.oldest_at,
        ops.age_s(unpublished.oldest_at),
        's',
        rules.limit_value,
        format('%s 个批次已落地未发布，最早的已 %s', unpublished.n_batches, ops.span_zh(ops.age_s(unpublished.oldest_at))),
        format(
            '%s landed batches are not published, the oldest for %s',
            unpublished.n_batches, ops.span_en(ops.age_s(unpublished.oldest_at))
        )
    from unpublished
    inner join rules on rules.kind = 'batch_unpublished'
    where ops.age_s(unpublished.oldest_at) > rules.limit_value

    union all

    select
        rules.kind,
        unanswered.department,
        unanswered.feed_id,
        null,
        unanswered.since,
        ops.age_s(unanswered.since),
        's',
        unanswered.latency_s,
        format('%s：%s前的预警之后没有任何回执', unanswered.name, ops.span_zh(ops.age_s(unanswered.since))),
        format('%s: no receipt since a warning of %s ago', unanswered.feed_id, ops.span_en(ops.age_s(unanswered.since)))
    from unanswered
    inner join rules on rules.kind = 'receipts_silent'
    where ops.age_s(unanswered.since) > unanswered.latency_s

    union all

    select
        rules.kind,
        null,
        null,
        channels.channel,
        channels.since,
        channels.n_attempts,
        'attempts',
        rules.limit_value,
        format('渠道 %s 发不出消息：%s', channels.channel, left(channels.last_error, 300)),
        format('the channel %s takes no messages: %s', channels.channel, left(channels.last_error, 300))
    from channels
    inner join rules on rules.kind = 'channel_failing'
    where channels.n_attempts >= rules.limit_value

    union all

    select
        signal.kind,
        feeds.department,
        signal.feed_id,
        signal.object,
        signal.since,
        signal.value,
        signal.unit,
        rules.limit_value,
        signal.message_zh,
        signal.message_en
    from ops.signal
    inner join rules on signal.kind = rules.kind
    left join feeds on signal.feed_id = feeds.feed_id
    where
        signal.expires_at > now()
        and (signal.value < rules.limit_value) is not false
        -- a feed that has answered since is well again
        and (signal.feed_id is null or feeds.last_answer_at is null or feeds.last_answer_at < signal.told_at)
        and (signal.feed_id is null or feeds.feed_id is not null)
        and (signal.kind <> 'run_overdue' or signal.feed_id is not null or signal.told_at > (
            select coalesce(builds.last_success_at, '-infinity') from builds
        ))

    union all

    select
        marts.kind,
        marts.department,
        marts.feed_id,
        marts.object,
        marts.since,
        marts.value,
        marts.unit,
        rules.limit_value,
        marts.message_zh,
        marts.message_en
    from ops.breaches_of_marts() as marts
    inner join rules on marts.kind = rules.kind

)

select
    concat_ws(':', found.kind, found.feed_id, found.object) as breach_key,
    found.kind,
    rules.severity,
    found.department,
    found.feed_id,
    found.object,
    found.since,
    found.value,
    found.unit,
    found.limit_value,
    found.message_zh,
    found.message_en,
    rules.what_to_do_zh,
    rules.what_to_do_en
from found
inner join rules on found.kind = rules.kind;
comment on view ops.breach_now is '当前违约 What is wrong now, whatever runs or does not run; one row per breach_key';
