-- One row per alarm that nobody called false. It closes when the alarm ended after somebody answered it; one that ended
-- by itself has lapsed. Sources that never tell of an answer are no evidence for or against.
with

alarms as (

    select * from {{ ref('fct_alarm') }}

),

judged as (

    select
        *,
        acknowledged_at is not null or measure is not null as is_answered,
        bool_or(acknowledged_at is not null or measure is not null) over (
            partition by feed_id, origin
        ) as is_source_telling
    from alarms

),

final as (

    select
        'alarm' as loop_kind,
        concat_ws('|', feed_id, point_code, alarm_type, {{ utc_text('started_at') }}) as loop_key,
        feed_id,
        credit_code,
        point_code as object_code,
        region_code,
        alarm_type as subject,
        level as grade,
        started_at as opened_at,
        acknowledged_at as responded_at,
        case when is_answered then ended_at end as disposed_at,
        case when is_answered then ended_at end as closed_at,
        ended_at,
        null::timestamptz as respond_due_at,
        null::timestamptz as dispose_due_at,
        null::timestamptz as deadline_at,
        case when is_source_telling then 'known' else 'none' end as evidence
    from judged
    where is_confirmed is distinct from false

)

select * from final
