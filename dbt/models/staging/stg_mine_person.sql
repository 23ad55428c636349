-- One row per person, as a salted hash (RYXX).
with

source as (

    select * from {{ source('landing', 'mine_person') }}

),

final as (

    select
        ---------- ids
        feed_id,
        person_hash,
        mine_code,

        ---------- attributes
        work_type,
        duty,
        team,
        is_leader,
        is_special,
        mine_name,
        quality_flags,

        ---------- clocks
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
