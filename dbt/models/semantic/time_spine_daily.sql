-- One row per day from 2000 to the end of next year: what the semantic layer fills its gaps with.
with

final as (

    select day.day::date as day
    from generate_series(
        '2000-01-01'::timestamp,
        date_trunc('year', {{ as_of() }} at time zone '{{ var("zone") }}') + interval '2 years' - interval '1 day',
        interval '1 day'
    ) as day (day)

)

select * from final
