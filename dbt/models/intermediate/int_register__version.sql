-- One row per entry of a register without history and time in which it said so. A version begins when the source says
-- that it was changed, if that is after we last learned otherwise; else when we learned of it. What was corrected in
-- the very fetch in which it was learned never held.
with

history as (

    select * from {{ ref('int_register__history') }}

),

ordered as (

    select
        *,
        lag(learned_at) over by_entry as last_learned_at
    from history
    window by_entry as (partition by register, feed_id, entry_code order by version)

),

begun as (

    select
        *,
        case
            when version = 1 then least(coalesce(begins_at, {{ always() }}), learned_at)
            when is_listed and changed_at > last_learned_at and changed_at <= learned_at then changed_at
            else learned_at
        end as valid_from
    from ordered

),

ended as (

    select
        *,
        lead(valid_from, 1, {{ forever() }}) over by_entry as valid_to
    from begun
    window by_entry as (partition by register, feed_id, entry_code order by version)

),

final as (

    select
        register,
        feed_id,
        entry_code,
        is_listed,
        entry,
        {{ as_point("(entry ->> 'longitude')::double precision", "(entry ->> 'latitude')::double precision") }}
            as geometry,
        learned_at,
        batch_id,
        valid_from,
        valid_to
    from ended
    where valid_from < valid_to

)

select * from final
