-- One row per daily safety promise of an enterprise (sec_production_promise).
with

source as (

    select * from {{ source('landing', 'safety_promise') }}

),

final as (

    select
        ---------- ids
        feed_id,
        promise_code,
        enterprise_code,

        ---------- attributes
        risk_grade,
        units,
        units_running,
        units_stopped,
        hot_works,
        hot_works_grade_1,
        hot_works_grade_2,
        commitment,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        promised_at,
        created_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
