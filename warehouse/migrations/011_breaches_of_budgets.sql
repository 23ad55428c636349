-- A promise whose budget of errors burns too fast, or is gone, is a breach as well. Judged in the marts, where they exist.

insert into ops.breach_rule
    (kind, severity, limit_value, at_least, settle_s, inhibited_by, title_zh, title_en, what_to_do_zh, what_to_do_en, source)
values
('sla_budget_burnt', 'warning', 0, 24, 600,
    '{scheduler_dead,feed_not_polled,feed_failing,feed_content_stale,sender_silent,intake_down,build_stale,build_failing}',
    '服务水平预算耗尽', 'a budget of errors burns',
    '查看 metrics.metric_sla_daily：哪个承诺、从何时起未兑现', 'see metrics.metric_sla_daily: which promise is missed, and since when',
    'per cent of the budget that are left, from 24 judged windows on [K]; how fast is too fast: metric_error_budget');

create or replace function ops.breaches_of_marts() returns table (
    kind text, department text, feed_id text, object text, since timestamptz, value double precision, unit text,
    message_zh text, message_en text
)
language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    -- the mart that a check reads, and how it reads it
    marts constant jsonb := '{
        "warning_not_reached": "marts.warning_gap", "sla_budget_burnt": "metrics.metric_error_budget"
    }';
    queries constant jsonb := jsonb_build_object('warning_not_reached', $query$
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
    $query$, 'sla_budget_burnt', $query$
        select
            rule.kind,
            budget.department,
            budget.feed_id,
            budget.promise,
            coalesce(budget.last_judged_at, now()),
            budget.left_pct::double precision,
            '%',
            format(
                '%s 的承诺 %s：%s（%s 天内 %s / %s 个时段未达标）',
                budget.feed_id, budget.promise,
                case budget.state when 'FAST_BURN' then '误差预算消耗过快' else '误差预算已耗尽' end,
                budget.budget_days, budget.n_missed, budget.n_windows_judged
            ),
            format(
                '%s, promise %s: %s (%s of %s windows missed in %s days)',
                budget.feed_id, budget.promise,
                case budget.state
                    when 'FAST_BURN' then 'its budget of errors burns too fast' else 'its budget of errors is gone'
                end,
                budget.n_missed, budget.n_windows_judged, budget.budget_days
            )
        from metrics.metric_error_budget as budget
        cross join ops.breach_rule as rule
        where
            rule.kind = 'sla_budget_burnt'
            and budget.state in ('FAST_BURN', 'EXHAUSTED')
            and budget.n_windows_judged >= rule.at_least
    $query$);
    name text;
begin
    for name in select jsonb_object_keys(marts) loop
        if to_regclass(marts ->> name) is null then
            continue;
        end if;
        begin
            return query execute queries ->> name;
        exception when others then
            return query select
                'check_failed', null::text, null::text, name, now(), null::double precision, null::text,
                format('检查 %s 失败：%s', name, sqlerrm), format('the check %s failed: %s', name, sqlerrm);
        end;
    end loop;
end
$$;
