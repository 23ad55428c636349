{# The hours that a partial build of metric_sla_hourly judges again: feed_id, hour_at. #}
{% macro touched_sla_hours() %}
    with

    feeds as (

        select
            feed_id,
            min(valid_from) as valid_from,
            bool_or(expected_kind = 'entity_slots') as has_points,
            max(slot_s) as reach_s
        from {{ ref('dim_feed_version') }}
        group by feed_id

    ),

    -- a slot may have begun long before what came in it
    told as (

        select distinct
            feed_id,
            date_trunc('hour', event_at, '{{ var("zone") }}') as hour_at
        from {{ ref('stg_observation') }}
        where batch_id in {{ batch_ids() }}

        union

        select
            feed_id,
            date_trunc('hour', polled_at, '{{ var("zone") }}') as hour_at
        from {{ ref('stg_poll') }}
        where batch_id in {{ batch_ids() }}

        union

        -- an answer without news is in no batch that is published: it may have been on its way when its hour was judged
        select
            polls.feed_id,
            date_trunc('hour', polls.polled_at, '{{ var("zone") }}') as hour_at
        from feeds
        cross join lateral (
            select max(kept.hour_at) as hour_at from {{ this }} as kept
            where feeds.feed_id = kept.feed_id
        ) as last_kept
        inner join {{ ref('stg_poll') }} as polls
            on
                feeds.feed_id = polls.feed_id
                and polls.committed_at >= last_kept.hour_at

    ),

    touched as (

        select
            feeds.feed_id,
            hours.hour_at
        from feeds
        cross join lateral (
            select max(kept.hour_at) as hour_at from {{ this }} as kept
            where feeds.feed_id = kept.feed_id
        ) as last_kept
        cross join lateral generate_series(
            coalesce(last_kept.hour_at, date_trunc('hour', feeds.valid_from, '{{ var("zone") }}')),
            {{ as_of() }},
            interval '1 hour'
        ) as hours (hour_at)

        union

        select
            feed_id,
            hour_at
        from {{ this }}
        where state = 'PENDING' or n_unpublished > 0

        union

        select
            told.feed_id,
            hours.hour_at
        from told
        inner join feeds on told.feed_id = feeds.feed_id
        cross join lateral generate_series(
            date_trunc('hour', told.hour_at - make_interval(secs => feeds.reach_s), '{{ var("zone") }}'),
            told.hour_at,
            interval '1 hour'
        ) as hours (hour_at)

        union

        select
            feed_id,
            date_trunc('hour', counted_at, '{{ var("zone") }}') as hour_at
        from {{ ref('int_feed__record') }}
        where batch_id in {{ batch_ids() }}

        union

        -- who owes what, or which hour a record counts for, may be another one in all of them
        select
            feed_id,
            hour_at
        from {{ this }}
        where
            feed_id in ({{ moved_feeds() }})
            or feed_id in (select points.feed_id from ({{ points_of_batches() }}) as points)

    )

    select
        touched.feed_id,
        touched.hour_at
    from touched
    inner join feeds on touched.feed_id = feeds.feed_id
    where
        touched.hour_at <= {{ as_of() }}
        and (not feeds.has_points or touched.hour_at >= {{ moment_of(first_hour_s()) }})
{% endmacro %}


{# How many times as fast as it may the budget of errors was used up in so many hours up to the last one that is over; null
   where none of them could be judged. #}
{% macro burn_rate(hours) -%}
    {%- set recent -%} hour_at > last_over_at - interval '{{ hours }} hours' {%- endset -%}
    round(
        count(*) filter (where state = 'MISSED' and {{ recent }})
        / nullif(count(*) filter (where state in ('MET', 'MISSED') and {{ recent }}), 0)::numeric
        / (1 - {{ var('sla_target') }}),
        2
    )::double precision
{%- endmacro %}


{# Fast over the long and over the short window: what is over does not go on alarming. #}
{% macro burns(long, short, rate) -%}
    {{ long }} >= {{ rate }} and {{ short }} >= {{ rate }}
{%- endmacro %}
