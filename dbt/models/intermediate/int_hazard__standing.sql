{{ config(materialized='kept_table', unique_key=['danger_code'], indexes=[{'columns': ['credit_code']}]) }}

-- One row per hidden danger as it stands now: of the feeds that hold it under the same code the newest word counts.
with

dangers as (

    select * from {{ ref('stg_hidden_danger') }}
    where not is_deleted

),

orders as (

    select * from {{ ref('stg_rectification_order') }}

),

disposals as (

    select * from {{ ref('stg_spot_disposal') }}

),

codes as (

    select * from {{ ref('dim_enterprise_alias') }}

),

categories as (

    select * from {{ ref('hazard_category') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

newest as (

    select distinct on (danger_code)
        *,
        count(*) over (partition by danger_code) as n_feeds
    from dangers
    order by
        danger_code asc,
        updated_at desc nulls last,
        array_position(array['found', 'rectifying', 'awaiting_acceptance', 'accepted', 'closed'], state) desc,
        feed_id asc

),

-- the order that was given last; in known exports deadlines lie before their order, and say nothing
last_orders as (

    select distinct on (danger_code)
        danger_code,
        order_code,
        case when deadline_at >= ordered_at then {{ end_of_deadline('deadline_at') }} end as deadline_at
    from orders
    order by danger_code asc, ordered_at desc nulls last, order_code desc

),

first_disposals as (

    select
        danger_code,
        min(disposed_at) as disposed_at
    from disposals
    group by danger_code

),

joined as (

    select
        newest.*,
        coalesce(newest.found_at, newest.registered_at) as known_from,
        coalesce(by_code.credit_code, by_mine.credit_code) as credit_code,
        coalesce(categories.category, newest.category) as common_category,
        -- spaces and punctuation are no difference between two names
        nullif(
            regexp_replace(
                lower(coalesce(newest.danger_name, newest.description)), '[[:space:][:punct:]，。、；：！（）]+', '', 'g'
            ),
            ''
        ) as name_key,
        last_orders.order_code,
        last_orders.deadline_at as order_deadline_at,
        first_disposals.disposed_at,
        case
            when newest.state in ('closed', 'accepted') then newest.state
            when newest.state = 'awaiting_acceptance' or first_disposals.disposed_at is not null then 'rectified'
            when newest.state = 'rectifying' or newest.registered_at is not null then 'registered'
            else 'found'
        end as stage
    from newest
    left join codes as by_code on newest.enterprise_code = by_code.code
    left join codes as by_mine on newest.mine_code = by_mine.code
    left join categories on newest.category = categories.word
    left join last_orders on newest.danger_code = last_orders.danger_code
    left join first_disposals on newest.danger_code = first_disposals.danger_code

),

final as (

    select
        ---------- ids
        joined.danger_code,
        joined.feed_id,
        joined.n_feeds::integer as n_feeds,
        joined.enterprise_code,
        joined.mine_code,
        joined.credit_code,
        enterprises.region_code,
        coalesce(joined.credit_code, joined.enterprise_code, joined.mine_code) as owner_code,
        joined.name_key,
        joined.order_code,

        ---------- attributes
        joined.danger_name,
        joined.danger_level,
        coalesce(joined.danger_level = 'major', false) as is_major,
        joined.common_category as category,
        joined.source_kind,
        joined.place,
        joined.description,
        joined.manage_type,
        joined.responsible_unit,
        joined.responsible_person_hash,
        joined.cost_cny,
        coalesce(joined.is_supervised, false) as is_supervised,
        joined.stage,
        -- it bears the time of a step that no longer counts: the work, or its acceptance, was sent back
        joined.stage in ('found', 'registered') and joined.rectified_at is not null as is_rectification_refused,
        joined.stage in ('found', 'registered', 'rectified')
        and joined.accepted_at is not null as is_acceptance_failed,

        ---------- clocks
        joined.known_from as found_at,
        joined.registered_at,
        coalesce(joined.deadline_at, joined.order_deadline_at) as deadline_at,
        case
            when joined.deadline_at is not null then 'danger'
            when joined.order_deadline_at is not null then 'order'
            else 'none'
        end as deadline_source,
        case
            when joined.stage in ('rectified', 'accepted', 'closed')
                then coalesce(joined.rectified_at, joined.disposed_at)
        end as rectified_at,
        case when joined.stage in ('accepted', 'closed') then joined.accepted_at end as accepted_at,
        case when joined.stage = 'closed' then coalesce(joined.closed_at, joined.accepted_at) end as closed_at,
        case
            when joined.stage in ('accepted', 'closed') then coalesce(joined.closed_at, joined.accepted_at)
        end as ended_at,
        joined.updated_at,
        joined.landed_at,

        ---------- origin
        joined.batch_id
    from joined
    left join enterprises
        on
            joined.credit_code = enterprises.credit_code
            -- what happened before the first version that we know is given to that one
            and (joined.known_from >= enterprises.valid_from or enterprises.is_first_version)
            and joined.known_from < enterprises.valid_to

)

select * from final
