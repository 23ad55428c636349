-- One row per hidden danger that came back after it had ended, or that two feeds seem to hold under different codes.
with

dangers as (

    select * from {{ ref('int_hazard__standing') }}
    where name_key is not null

),

pairs as (

    select
        earlier.danger_code as earlier_code,
        earlier.ended_at,
        later.danger_code as later_code,
        later.found_at
    from dangers as earlier
    inner join dangers as later
        on
            earlier.owner_code = later.owner_code
            and earlier.name_key = later.name_key
            and earlier.danger_code <> later.danger_code
            and earlier.ended_at <= later.found_at
    where
        later.found_at
        <= earlier.ended_at + make_interval(months => {{ assumed('hazard_recurrence_months') }}::integer)

),

recurrences as (

    select distinct on (later_code)
        later_code as danger_code,
        earlier_code as recurs_danger_code
    from pairs
    order by later_code, ended_at desc, earlier_code

),

recurred as (

    select
        earlier_code as danger_code,
        min(found_at) as recurred_at
    from pairs
    group by earlier_code

),

-- the same words about the same enterprise on the same day, from two feeds: the graver, then the newer one counts
twins as (

    select
        danger_code,
        min(feed_id) over same_day <> max(feed_id) over same_day as is_possible_duplicate,
        first_value(danger_code) over (
            partition by owner_code, name_key, {{ local_day('found_at') }}
            order by is_major desc, updated_at desc nulls last, feed_id, danger_code
        ) as first_code
    from dangers
    window same_day as (partition by owner_code, name_key, {{ local_day('found_at') }})

),

final as (

    select
        dangers.danger_code,
        recurrences.recurs_danger_code,
        recurred.recurred_at,
        twins.is_possible_duplicate,
        case when twins.is_possible_duplicate then nullif(twins.first_code, dangers.danger_code) end as duplicate_of
    from dangers
    inner join twins on dangers.danger_code = twins.danger_code
    left join recurrences on dangers.danger_code = recurrences.danger_code
    left join recurred on dangers.danger_code = recurred.danger_code
    where
        recurrences.danger_code is not null
        or recurred.danger_code is not null
        or twins.is_possible_duplicate

)

select * from final
