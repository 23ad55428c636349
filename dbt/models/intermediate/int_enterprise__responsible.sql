-- One row per enterprise, role and person who answers for it, with the time in office. Persons are hashes.
with

persons as (

    select * from {{ ref('stg_responsible_person') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

final as (

    select
        persons.feed_id,
        aliases.credit_code,
        persons.role,
        persons.person_hash,
        persons.valid_from,
        persons.valid_to,
        persons.batch_id
    from persons
    inner join aliases on persons.object_code = aliases.code
    where aliases.credit_code is not null

)

select * from final
