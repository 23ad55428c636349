-- One row per name of a department, exactly as contracts and promises spell it. A name that the seed does not know is a
-- department of its own, under its own name; so is one that the seed gives to two.
with

feeds as (

    select * from {{ source('ops', 'feed') }}

),

promises as (

    select * from {{ ref('stg_sharing_promise') }}

),

departments as (

    select * from {{ ref('department') }}

),

names as (

    select department as name from feeds
    union
    select department as name from promises

),

spellings as (

    select
        departments.department_code,
        {{ normal_name('spelling.text') }} as spelling
    from departments
    cross join lateral regexp_split_to_table(
        concat_ws('|', departments.department_name, nullif(departments.aliases, '')), '\|'
    ) as spelling (text)

),

final as (

    select
        names.name,
        case
            when count(distinct spellings.department_code) = 1 then min(spellings.department_code)
            else {{ normal_name('names.name') }}
        end as department_code,
        count(distinct spellings.department_code) = 1 as is_listed
    from names
    left join spellings on {{ normal_name('names.name') }} = spellings.spelling
    group by names.name
    having {{ normal_name('names.name') }} is not null

)

select * from final
