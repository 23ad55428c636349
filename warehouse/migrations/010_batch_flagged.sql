-- How many records landed with a flag, by rule: what the gate found in detail is kept for a month only.

alter table ops.batch add column flagged jsonb not null default '[]';
comment on column ops.batch.flagged is 'records that landed although they broke a rule that only warns: table, rule, count';

update ops.batch set flagged = told.flagged
from (
    select
        validation.batch_id,
        jsonb_agg(
            jsonb_build_object('table', validation.table_name, 'rule', rule ->> 'rule', 'count', (rule ->> 'failed')::bigint)
            order by validation.table_name, rule ->> 'rule'
        ) as flagged
    from ops.validation
    cross join lateral jsonb_array_elements(validation.result -> 'rules') as rules (rule)
    where rule ->> 'severity' = 'warning' and (rule ->> 'failed')::bigint > 0
    group by validation.batch_id
) as told
where told.batch_id = batch.batch_id and batch.state = 'LANDED';
