-- One row per enterprise and quarter of the red and black list 红黑榜, with the change against the quarter before.
with

entries as (

    select * from {{ ref('stg_enterprise_credit') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

dangers as (

    select * from {{ ref('fct_hazard') }}

),

overdue as (

    select
        credit_code,
        count(*) filter (where is_overdue) as n_overdue_dangers,
        count(*) filter (where is_overdue and is_major) as n_overdue_major
    from dangers
    where
        credit_code is not null
        and duplicate_of is null
    group by credit_code

),

-- of feeds that both list an enterprise in a quarter the newest word counts
listed as (

    select distinct on (entries.enterprise_code, entries.quarter)
        entries.*,
        aliases.credit_code,
        case entries.list_type when '红榜' then 'red' when '黑榜' then 'black' else 'none' end as list,
        array_position(array['黑榜', '未上榜', '红榜'], entries.list_type) as rank,
        case
            when entries.quarter ~ '^\d{4}Q[1-4]$'
                then left(entries.quarter, 4)::integer * 4 + right(entries.quarter, 1)::integer
        end as quarter_number
    from entries
    left join aliases on entries.enterprise_code = aliases.code
    order by entries.enterprise_code, entries.quarter, entries.updated_at desc nulls last, entries.feed_id

),

compared as (

    select
        listed.*,
        before.list as list_before,
        before.rank as rank_before,
        listed.quarter_number = max(listed.quarter_number) over () as is_latest_quarter
    from listed
    left join listed as before
        on
            listed.enterprise_code = before.enterprise_code
            and listed.quarter_number = before.quarter_number + 1

),

final as (

    select
        ---------- ids
        compared.enterprise_code,
        compared.quarter,
        compared.credit_code,
        compared.feed_id,

        ---------- attributes
        compared.enterprise_name,
        compared.list,
        compared.score,
        compared.reason,
        compared.list_before,
        case
            when compared.list_before is null then 'no_quarter_before'
            when compared.list = compared.list_before then 'same'
            when coalesce(compared.rank, 2) > coalesce(compared.rank_before, 2) then 'better'
            else 'worse'
        end as change,
        coalesce(compared.is_latest_quarter, false) as is_latest_quarter,
        compared.list <> 'none'
        and coalesce(compared.is_latest_quarter, false)
        and (compared.removed_at is null or compared.removed_at > {{ as_of() }}) as is_standing,
        coalesce(overdue.n_overdue_dangers, 0) as n_overdue_dangers,
        coalesce(overdue.n_overdue_major, 0) as n_overdue_major,
        compared.list = 'black'
        and coalesce(compared.is_latest_quarter, false)
        and (compared.removed_at is null or compared.removed_at > {{ as_of() }})
        and coalesce(overdue.n_overdue_dangers, 0) > 0 as is_black_and_overdue,

        ---------- clocks and origin
        compared.listed_at,
        compared.removed_at,
        compared.updated_at,
        compared.landed_at,
        compared.batch_id,
        {{ as_of() }} as as_of
    from compared
    left join overdue on compared.credit_code = overdue.credit_code

)

select * from final
