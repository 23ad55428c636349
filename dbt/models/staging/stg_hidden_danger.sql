-- One row per hidden danger, as far as its life cycle has come.
with

source as (

    select * from {{ source('landing', 'hidden_danger') }}

),

final as (

    select
        ---------- ids
        feed_id,
        danger_code,
        enterprise_code,
        mine_code,

        ---------- attributes
        danger_name,
        danger_level,
        category,
        source_kind,
        place,
        description,
        reason,
        state,
        manage_type,
        responsible_unit,
        responsible_person_hash,
        accepted_by_hash,
        cost_cny,
        control_measure,
        acceptance_comment,
        is_supervised,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        found_at,
        registered_at,
        deadline_at,
        rectified_at,
        accepted_at,
        closed_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
