-- One row per enterprise and time during which the same persons answered for it: [valid_from, valid_to). Persons are
-- hashes, and only counted here.
with

persons as (

    select * from {{ ref('stg_responsible_person') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

terms as (

    select
        aliases.credit_code,
        persons.role,
        persons.person_hash,
        coalesce(persons.valid_from, {{ always() }}) as valid_from,
        coalesce(persons.valid_to, {{ forever() }}) as valid_to
    from persons
    inner join aliases on persons.object_code = aliases.code
    where aliases.credit_code is not null

),

changes as (

    select
        credit_code,
        valid_from as changed_at
    from terms

    union

    select
        credit_code,
        valid_to as changed_at
    from terms

),

periods as (

    select
        credit_code,
        changed_at as valid_from,
        lead(changed_at) over (partition by credit_code order by changed_at) as valid_to
    from changes

),

final as (

    select
        periods.credit_code,
        periods.valid_from,
        periods.valid_to,
        count(distinct terms.person_hash)::integer as n_responsible,
        string_agg(distinct terms.role, '; ' order by terms.role) as responsible_roles
    from periods
    inner join terms
        on
            periods.credit_code = terms.credit_code
            and periods.valid_from >= terms.valid_from
            and periods.valid_to <= terms.valid_to
    group by periods.credit_code, periods.valid_from, periods.valid_to

)

select * from final
