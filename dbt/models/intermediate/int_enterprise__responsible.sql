-- One row per enterprise, role and person who answers for it, with the time in office. Persons are hashes.
with

persons as (

    select * from {{ ref('stg_responsible_person') }}

),

enterprises as (

    select distinct credit_code from {{ ref('dim_enterprise') }}

),

final as (

    select
        persons.feed_id,
        enterprises.credit_code,
        persons.role,
        persons.person_hash,
        persons.valid_from,
        persons.valid_to,
        persons.batch_id
    from persons
    inner join enterprises on upper(btrim(persons.object_code)) = enterprises.credit_code

)

select * from final
