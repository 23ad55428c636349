{#
  What was owed and what came, per entity and window: an hour or a day of local time, by its number since 1970. Slots belong
  to the window in which they begin. A slot is a row only where something came in it: a day of silence costs nothing.

  A model that asks has these CTEs, in this order; all times are local seconds, see slots.sql:
  - {{ placing_versions(is_point) }} makes `versions`: by which promises records are placed;
  - feed_scope (feed_id, from_s, until_s): the windows of all entities of a feed that are to be computed;
  - point_scope (feed_id, entity_code, from_s, until_s): besides these, windows of one entity; no window is in two rows;
  - records (feed_id, entity_code, variable, seen_s, landed_s): what was seen in these windows, and until their slots end;
  - {{ judged_windows(window_s, is_point) }} makes `judged` of them.
  For points, feed_scope(), point_scope() and scoped_records() make all but the first; for feeds that are judged by their
  polls, a feed_scope of the model's own, no_point_scope() and poll_records() do.
#}

{% macro placing_versions(is_point, every_kind=false) %}
versions as (

    select
        promises.feed_id,
        {{ local_second('promises.valid_from') }} as from_s,
        {{ local_second('promises.valid_to') }} as before_s,
        -- where polls are owed, points owe nothing
        {% if is_point %}
            case when promises.expected_kind = 'entity_slots' then promises.slot_s end as slot_s,
            case
                when promises.expected_kind = 'entity_slots' then {{ transfer_seconds('promises.transfer_times') }}
            end as transfer_s,
        {% else %}
            promises.slot_s,
            {{ transfer_seconds('promises.transfer_times') }} as transfer_s,
        {% endif %}
        promises.slot_s + promises.latency_s as pending_s
    from {{ ref('dim_feed_version') }} as promises
    {% if not is_point and not every_kind %}
        where promises.expected_kind = 'polls'
    {% endif %}

)
{% endmacro %}


{# Which windows a build computes: of a feed those from the last one that is kept, less the time for which a slot may be
   pending, until now; in a partial build of single points besides those that the batches touched before. None begins
   before `first_s`. `kept_at`: the column that says when a kept window begins. #}
{% macro feed_scope(name, window_s, kept_at, first_s=none) %}
{{ name }} as (

    select
        versions.feed_id,
        greatest(
            {% if first_s %}{{ first_s }},{% endif %}
            {% if is_partial() %}
                -- null, and so ignored, where nothing is kept of the feed
                floor(
                    (
                        date_part(
                            'epoch',
                            (select max(kept.{{ kept_at }}) from {{ this }} as kept where versions.feed_id = kept.feed_id)
                            {{ '::timestamp' if kept_at == 'day' else "at time zone '" ~ var('zone') ~ "'" }}
                        )
                        - max(versions.pending_s)
                    )
                    / {{ window_s }}
                ) * {{ window_s }},
            {% endif %}
            floor(min(versions.from_s) / {{ window_s }}) * {{ window_s }}
        ) as from_s,
        (floor({{ local_second(as_of()) }} / {{ window_s }}) + 1) * {{ window_s }} as until_s,
        coalesce(max(versions.slot_s), 0) as reach_s
    from versions
    group by versions.feed_id

)
{% endmacro %}


{# The slots that records lie in: one row per record and version whose slot it fills. Usually one; where the promise
   changed while a slot went on, the record may fill that slot and one of the new promise. It is counted once (is_own).
   Where no slot was owed, its place is its own time. #}
{% macro placed(name, records) %}
{{ name }} as (

    select
        found.feed_id,
        found.entity_code,
        found.variable,
        found.landed_s,
        found.is_own,
        coalesce(found.begin_s >= found.from_s and found.begin_s < found.before_s, false) as is_slot,
        case
            when found.begin_s >= found.from_s and found.begin_s < found.before_s then found.begin_s
            else found.seen_s
        end as begin_s,
        found.end_s
    from (
        select
            numbered.*,
            {{ slot_begin('numbered.slot', 'numbered') }} as begin_s,
            {{ slot_begin('(numbered.slot + 1)', 'numbered') }} as end_s
        from (
            select
                records.*,
                versions.from_s,
                versions.before_s,
                versions.slot_s,
                versions.transfer_s,
                records.seen_s < versions.before_s as is_own,
                {{ slot_at('records.seen_s', 'versions') }} as slot
            from {{ records }} as records
            inner join versions
                on
                    records.feed_id = versions.feed_id
                    and records.seen_s >= versions.from_s
                    and records.seen_s < versions.before_s + coalesce(versions.slot_s, 0)
        ) as numbered
    ) as found
    where found.is_own or (found.begin_s >= found.from_s and found.begin_s < found.before_s)

)
{% endmacro %}


{% macro judged_windows(window_s, is_point) %}
pieces as (

    select
        feed_id,
        entity_code,
        {{ local_second('begins_from') }} as from_s,
        {{ local_second('begins_before') }} as before_s,
        {{ local_second('over_by') }} as over_by_s,
        slot_s,
        transfer_s,
        latency_s,
        {{ local_second(as_of()) }} as now_s,
        {{ local_second(as_of()) }} - grace_s as judged_by_s,
        {{ local_second('live_from') }} - latency_s as live_s,
        is_excluded,
        coverage_target
    from {{ ref('int_coverage__obligation') }}
    where
        {{ 'is_point' if is_point else 'not is_point' }}
        and begins_from <= {{ as_of() }}

),

-- the stretches of each window
spans as (

    select
        pieces.*,
        windows.number as window_number
    from pieces
    inner join feed_scope on pieces.feed_id = feed_scope.feed_id
    cross join lateral generate_series(
        floor(greatest(pieces.from_s, feed_scope.from_s) / {{ window_s }})::bigint,
        ceil(least(pieces.before_s, feed_scope.until_s) / {{ window_s }})::bigint - 1
    ) as windows (number)

    union all

    select
        pieces.*,
        windows.number as window_number
    from pieces
    inner join point_scope
        on
            pieces.feed_id = point_scope.feed_id
            and pieces.entity_code = point_scope.entity_code
    cross join lateral generate_series(
        floor(greatest(pieces.from_s, point_scope.from_s) / {{ window_s }})::bigint,
        ceil(least(pieces.before_s, point_scope.until_s) / {{ window_s }})::bigint - 1
    ) as windows (number)

),

bounds as (

    select
        spans.*,
        {{ slot_from('greatest(spans.from_s, spans.window_number * ' ~ window_s ~ ')', 'spans') }} as first_slot,
        least(
            {{ slot_from('least(spans.before_s, (spans.window_number + 1) * ' ~ window_s ~ ')', 'spans') }},
            {{ slot_at('spans.over_by_s', 'spans') }}
        ) as end_slot,
        {{ slot_at('spans.judged_by_s', 'spans') }} as judged_before,
        {{ slot_at('spans.now_s', 'spans') }} + 1 as begun_before,
        -- the first slot whose time was not over when the feed was switched on
        {{ slot_from('spans.live_s', 'spans') }} - 1 as live_slot
    from spans

),

owed as (

    select
        feed_id,
        entity_code,
        window_number,
        count(slot_s) > 0 as is_scheduled,
        coalesce(sum(greatest(least(end_slot, judged_before) - first_slot, 0)) filter (where not is_excluded), 0)::bigint
            as expected_slots,
        coalesce(
            sum(greatest(least(end_slot, judged_before) - greatest(first_slot, live_slot), 0)) filter (where not is_excluded),
            0
        )::bigint as live_slots,
        coalesce(
            sum(greatest(least(end_slot, begun_before) - greatest(first_slot, judged_before), 0))
                filter (where not is_excluded),
            0
        )::bigint as pending_slots,
        coalesce(sum(greatest(least(end_slot, begun_before) - first_slot, 0)) filter (where is_excluded), 0)::bigint
            as excluded_slots,
        coalesce(
            sum(greatest(least(end_slot, judged_before) - first_slot, 0)::numeric * coverage_target::numeric)
                filter (where not is_excluded),
            0
        ) as target_slots
    from bounds
    group by feed_id, entity_code, window_number

),

{{ placed('placed_records', 'records') }},

-- a slot and a variable: what came of it
cells as (

    select
        feed_id,
        entity_code,
        begin_s,
        is_slot,
        max(end_s) as end_s,
        count(*) as n_filling,
        count(*) filter (where is_own) as n_records,
        min(landed_s) as landed_s
    from placed_records
    group by feed_id, entity_code, begin_s, is_slot, variable

),

slots as (

    select
        feed_id,
        entity_code,
        begin_s,
        is_slot,
        max(end_s) as end_s,
        count(*) as n_variables,
        sum(n_filling) as n_filling,
        sum(n_records) as n_records,
        min(landed_s) as landed_s
    from cells
    group by feed_id, entity_code, begin_s, is_slot

),

-- what came, and whether it was owed
matched as (

    select
        slots.*,
        floor(slots.begin_s / {{ window_s }})::bigint as window_number,
        coalesce(
            slots.is_slot
            and pieces.slot_s is not null
            and slots.end_s <= pieces.over_by_s
            and not pieces.is_excluded
            and slots.end_s <= pieces.judged_by_s,
            false
        ) as is_judged,
        pieces.feed_id is not null as is_in_use,
        -- what landed before the feed was switched on again is no answer to the promise of this time
        slots.landed_s <= slots.end_s + pieces.latency_s and slots.end_s >= pieces.live_s as is_in_time
    from slots
    left join pieces
        on
            slots.feed_id = pieces.feed_id
            and slots.entity_code = pieces.entity_code
            and slots.begin_s >= pieces.from_s
            and slots.begin_s < pieces.before_s

),

came as (

    select
        matched.feed_id,
        matched.entity_code,
        matched.window_number,
        count(*) filter (where matched.is_judged) as received_slots,
        count(*) filter (where matched.is_judged and matched.is_in_time) as in_time_slots,
        coalesce(sum(matched.n_records), 0)::bigint as n_records,
        coalesce(sum(matched.n_records) filter (where not matched.is_in_use), 0)::bigint as unexpected_records,
        coalesce(sum(matched.n_filling) filter (where matched.is_judged), 0)::bigint as slot_records,
        coalesce(sum(matched.n_variables) filter (where matched.is_judged), 0)::bigint as slot_variables
    from matched
    where matched.n_records > 0 or matched.is_judged
    group by matched.feed_id, matched.entity_code, matched.window_number

),

judged as (

    select
        coalesce(owed.feed_id, came.feed_id) as feed_id,
        coalesce(owed.entity_code, came.entity_code) as entity_code,
        coalesce(owed.window_number, came.window_number) as window_number,
        owed.feed_id is not null as is_in_use,
        coalesce(owed.is_scheduled, false) as is_scheduled,
        coalesce(owed.expected_slots, 0) as expected_slots,
        coalesce(came.received_slots, 0) as received_slots,
        coalesce(came.in_time_slots, 0) as in_time_slots,
        coalesce(owed.live_slots, 0) as live_slots,
        coalesce(owed.pending_slots, 0) as pending_slots,
        coalesce(owed.excluded_slots, 0) as excluded_slots,
        coalesce(came.n_records, 0) as n_records,
        coalesce(came.unexpected_records, 0) as unexpected_records,
        coalesce(came.slot_records, 0) as slot_records,
        coalesce(came.slot_variables, 0) as slot_variables,
        coalesce(owed.target_slots, 0) as target_slots
    from owed
    full outer join (
        select came.* from came
        where exists (
            select 1 from feed_scope
            where
                came.feed_id = feed_scope.feed_id
                and came.window_number * {{ window_s }} >= feed_scope.from_s
                and came.window_number * {{ window_s }} < feed_scope.until_s
            union all
            select 1 from point_scope
            where
                came.feed_id = point_scope.feed_id
                and came.entity_code = point_scope.entity_code
                and came.window_number * {{ window_s }} >= point_scope.from_s
                and came.window_number * {{ window_s }} < point_scope.until_s
        )
    ) as came
        on
            owed.feed_id = came.feed_id
            and owed.entity_code = came.entity_code
            and owed.window_number = came.window_number

)
{% endmacro %}


{# Of single points, besides feed_scope: the windows that new records lie in, and all windows of points whose register
   entry is new: who owed what is another question than what came, and may be answered late. #}
{% macro point_scope(name, of_feeds, window_s, first_s, new_points) %}
touched_records as (

    select
        observations.feed_id,
        observations.station_code as entity_code,
        null::text as variable,
        {{ local_second('observations.event_at') }} as seen_s,
        null::double precision as landed_s
    from {{ of_feeds }} as scope
    inner join {{ ref('stg_observation') }} as observations on scope.feed_id = observations.feed_id
    where
        observations.batch_id in {{ batch_ids() }}
        and observations.event_at < {{ moment_of('(scope.from_s + scope.reach_s)') }}

),

{{ placed('touched_places', 'touched_records') }},

new_points as (

    {{ new_points }}

),

{{ name }} as (

    select
        scope.feed_id,
        new_points.point_code as entity_code,
        scope.first_s as from_s,
        scope.from_s as until_s
    from (
        select
            scope.feed_id,
            scope.from_s,
            greatest({% if first_s %}{{ first_s }},{% endif %} floor(min(versions.from_s) / {{ window_s }}) * {{ window_s }}) as first_s
        from {{ of_feeds }} as scope
        inner join versions on scope.feed_id = versions.feed_id
        group by scope.feed_id, scope.from_s
    ) as scope
    inner join new_points on scope.feed_id = new_points.feed_id
    where scope.first_s < scope.from_s

    union all

    select
        windows.feed_id,
        windows.entity_code,
        windows.from_s,
        windows.from_s + {{ window_s }} as until_s
    from (
        select distinct
            feed_id,
            entity_code,
            floor(begin_s / {{ window_s }}) * {{ window_s }} as from_s
        from touched_places
    ) as windows
    inner join {{ of_feeds }} as scope on windows.feed_id = scope.feed_id
    left join new_points
        on
            windows.feed_id = new_points.feed_id
            and windows.entity_code = new_points.point_code
    where
        windows.from_s < scope.from_s
        {% if first_s %}and windows.from_s >= {{ first_s }}{% endif %}
        and new_points.feed_id is null

)
{% endmacro %}


{# All that was observed in feed_scope and point_scope. Of single points their variables are looked up first, because the
   key of observations is point, variable, time. Recursive: the caller's `with` must say so. `offset 0` keeps the planner
   from reading all observations ever made in order to join them: it cannot know how few are asked for. #}
{% macro scoped_records() %}
{% if is_partial() %}
scoped_points as (

    select
        point_scope.feed_id,
        point_scope.entity_code,
        {{ moment_of('min(point_scope.from_s)') }} as from_at,
        {{ moment_of('(max(point_scope.until_s) + max(reaches.reach_s))') }} as until_at
    from point_scope
    inner join (
        select
            feed_id,
            coalesce(max(slot_s), 0) as reach_s
        from versions
        group by feed_id
    ) as reaches on point_scope.feed_id = reaches.feed_id
    group by point_scope.feed_id, point_scope.entity_code

),

point_variables as (

    select
        feed_id,
        entity_code,
        from_at,
        until_at,
        ''::text as variable
    from scoped_points

    union all

    select
        earlier.feed_id,
        earlier.entity_code,
        earlier.from_at,
        earlier.until_at,
        (
            select min(observations.variable) from {{ ref('stg_observation') }} as observations
            where
                earlier.feed_id = observations.feed_id
                and earlier.entity_code = observations.station_code
                and earlier.variable < observations.variable
        ) as variable
    from point_variables as earlier
    where earlier.variable is not null

),

{% endif %}
records as (

    select
        feed_scope.feed_id,
        observed.station_code as entity_code,
        observed.variable,
        {{ local_second('observed.event_at') }} as seen_s,
        {{ local_second('observed.landed_at') }} as landed_s
    from feed_scope
    cross join lateral (
        select
            observations.station_code,
            observations.variable,
            observations.event_at,
            observations.landed_at
        from {{ ref('stg_observation') }} as observations
        where
            feed_scope.feed_id = observations.feed_id
            and observations.event_at >= {{ moment_of('feed_scope.from_s') }}
            and observations.event_at < {{ moment_of('(feed_scope.until_s + feed_scope.reach_s)') }}
        offset 0
    ) as observed
    {% if is_partial() %}

    union all

    select
        points.feed_id,
        points.entity_code,
        points.variable,
        {{ local_second('observed.event_at') }} as seen_s,
        {{ local_second('observed.landed_at') }} as landed_s
    from point_variables as points
    inner join feed_scope on points.feed_id = feed_scope.feed_id
    cross join lateral (
        select
            observations.event_at,
            observations.landed_at
        from {{ ref('stg_observation') }} as observations
        where
            points.feed_id = observations.feed_id
            and points.entity_code = observations.station_code
            and points.variable = observations.variable
            and observations.event_at >= points.from_at
            and observations.event_at < points.until_at
            -- the rest has been read above
            and observations.event_at < {{ moment_of('feed_scope.from_s') }}
        offset 0
    ) as observed
    {% endif %}

)
{% endmacro %}


{# `records` of feeds that are judged by their polls. #}
{% macro poll_records() %}
records as (

    select
        polls.feed_id,
        polls.feed_id as entity_code,
        'poll' as variable,
        {{ local_second('polls.polled_at') }} as seen_s,
        {{ local_second('polls.committed_at') }} as landed_s
    from feed_scope
    inner join {{ ref('stg_poll') }} as polls on feed_scope.feed_id = polls.feed_id
    where polls.polled_at >= {{ moment_of('feed_scope.from_s') }}

)
{% endmacro %}


{# Times that are not judged. What nobody has approved, or given a reason for, excludes nothing. #}
{% macro approved_exclusions() %}
    select
        feed_id,
        point_code,
        {{ day_start('excluded_from') }} as excluded_from,
        coalesce({{ day_start('excluded_to') }}, {{ forever() }}) as excluded_to
    from {{ ref('metric_exclusion') }}
    where
        reason is not null
        and approved_by is not null
{% endmacro %}


{# The class of a window, see docs/metrics.md: `row` as `judged` has it, `promise` the promises at its end. #}
{% macro availability_class(row, promise, is_in_register) -%}
    case
        when not {{ row }}.is_in_use and not ({{ is_in_register }}) then 'unknown_entity'
        when {{ row }}.is_in_use and not {{ row }}.is_scheduled then 'no_schedule'
        when {{ row }}.expected_slots = 0 and {{ row }}.pending_slots > 0 then 'pending'
        when {{ row }}.expected_slots = 0 then 'not_expected'
        when {{ row }}.received_slots = 0 then 'silent'
        when {{ row }}.received_slots < {{ promise }}.availability_low::numeric * {{ row }}.expected_slots then 'partial_low'
        when {{ row }}.received_slots < {{ promise }}.availability_full::numeric * {{ row }}.expected_slots then 'partial_high'
        when {{ row }}.slot_records > {{ var('over_reporting_factor') }} * {{ row }}.slot_variables then 'over_reporting'
        else 'full'
    end
{%- endmacro %}


{# What was promised last before each window of `windows` ended. #}
{% macro last_promises(name, windows, window_s) %}
{{ name }} as (

    select distinct on (windows.feed_id, windows.window_number)
        windows.feed_id,
        windows.window_number,
        promises.department,
        promises.expected_kind,
        promises.coverage_target,
        promises.availability_full,
        promises.availability_low
    from (select distinct feed_id, window_number from {{ windows }}) as windows
    inner join {{ ref('dim_feed_version') }} as promises
        on
            windows.feed_id = promises.feed_id
            and promises.valid_from < {{ moment_of('((windows.window_number + 1) * ' ~ window_s ~ ')') }}
    order by windows.feed_id, windows.window_number, promises.valid_from desc

)
{% endmacro %}


{# The first local second of the days that are kept by hour. #}
{% macro first_hour_s() -%}
    ((floor({{ local_second(as_of()) }} / 86400) - {{ var('availability_hours_days') }}) * 86400)
{%- endmacro %}


{# Whether the register lists the point at any moment of the window, in use or not. #}
{% macro is_in_register(row, registered, window_s) -%}
    exists (
        select 1 from {{ registered }}
        where
            {{ row }}.feed_id = {{ registered }}.feed_id
            and {{ row }}.entity_code = {{ registered }}.point_code
            and {{ registered }}.valid_from < {{ moment_of('((' ~ row ~ '.window_number + 1) * ' ~ window_s ~ ')') }}
            and {{ registered }}.valid_to > {{ moment_of(row ~ '.window_number * ' ~ window_s) }}
    )
{%- endmacro %}


{% macro no_point_scope(name) %}
{{ name }} as (

    select
        null::text as feed_id,
        null::text as entity_code,
        null::double precision as from_s,
        null::double precision as until_s
    where false

)
{% endmacro %}


{# The points whose register entry came with the batches. `described`: also those whose region or owner may be another one
   since. #}
{% macro points_of_batches(described=false) %}
    select
        feed_id,
        point_code
    from {{ ref('dim_monitoring_point') }}
    where
        batch_id in {{ batch_ids() }}
        {% if described %}
            or credit_code = any({{ touched_enterprises() }})
            or exists (select 1 from {{ ref('stg_village') }} where batch_id in {{ batch_ids() }})
        {% endif %}
    group by feed_id, point_code
{% endmacro %}


{# The kept hours of those: what of them has no successor goes. #}
{% macro touched_availability_hours() %}
    select
        points.feed_id,
        {{ moment_of('hours.number * 3600') }} as hour_at,
        points.point_code
    from ({{ points_of_batches() }}) as points
    cross join generate_series(
        ({{ first_hour_s() }} / 3600)::bigint, floor({{ local_second(as_of()) }} / 3600)::bigint
    ) as hours (number)
{% endmacro %}


{# Hours are kept for so many days before the day of the build. The feeds are named because the key begins with them. #}
{% macro forget_old_hours(relation) -%}
    {% if is_partial() %}
        delete from {{ relation }}
        where
            feed_id = any(array(select feed_id from {{ ref('dim_feed') }}))
            and hour_at < {{ moment_of(first_hour_s()) }}
    {% endif %}
{%- endmacro %}


{# The kept days of the points that the batches describe. #}
{% macro touched_availability_days() %}
    select
        points.feed_id,
        days.day::date as day,
        points.point_code
    from ({{ points_of_batches(described=true) }}) as points
    inner join (
        select
            feed_id,
            min(valid_from) as valid_from
        from {{ ref('dim_feed_version') }}
        group by feed_id
    ) as promises on points.feed_id = promises.feed_id
    cross join generate_series(
        {{ local_day('promises.valid_from') }}::timestamp, {{ local_day(as_of()) }}::timestamp, interval '1 day'
    ) as days (day)
{% endmacro %}


{# The days of feeds whose sums a partial build forms again: the last one that is kept and what may have been pending then,
   those that new records or polls lie in, and all days of a feed of which a point is described anew. #}
{% macro touched_coverage_days() %}
    with

    {{ placing_versions(false, every_kind=true) }},

    {{ feed_scope('scope', 86400, 'day') }},

    told as (

        select
            feed_id,
            {{ local_second('event_at') }} as told_s
        from {{ ref('stg_observation') }}
        where batch_id in {{ batch_ids() }}

        union all

        select
            feed_id,
            {{ local_second('polled_at') }} as told_s
        from {{ ref('stg_poll') }}
        where batch_id in {{ batch_ids() }}

    ),

    touched as (

        select distinct
            told.feed_id,
            days.number
        from told
        inner join scope on told.feed_id = scope.feed_id
        cross join lateral generate_series(
            floor((told.told_s - scope.reach_s) / 86400)::bigint, floor(told.told_s / 86400)::bigint
        ) as days (number)
        where told.told_s < scope.from_s + scope.reach_s

        union

        select
            scope.feed_id,
            days.number
        from scope
        inner join (
            select
                feed_id,
                min(from_s) as from_s
            from versions
            group by feed_id
        ) as promises on scope.feed_id = promises.feed_id
        cross join lateral generate_series(
            floor(
                case
                    when scope.feed_id in (select points.feed_id from ({{ points_of_batches(described=true) }}) as points)
                        then promises.from_s
                    else scope.from_s
                end
                / 86400
            )::bigint,
            (scope.until_s / 86400)::bigint - 1
        ) as days (number)

    )

    select
        feed_id,
        '1970-01-01'::date + number::integer as day
    from touched
{% endmacro %}
