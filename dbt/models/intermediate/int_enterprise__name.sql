-- One row per text that names an enterprise or may do so, as sent, with what it is compared by. A leading region is
-- split off only where it is one in which the register knows enterprises, or one above it: "市" alone proves nothing.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

mentions as (

    select * from {{ ref('int_enterprise__mention') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

texts as (

    select enterprise_name as name from enterprises
    union
    select name from mentions
    union
    select code as name from mentions
    where octet_length(code) <> length(code)

),

normal as (

    select
        name,
        {{ normal_name('name') }} as normal_name
    from texts
    where name is not null

),

known_codes as (

    select distinct left(region_code, cut.n_digits) as code
    from enterprises
    cross join (values (2), (4), (6)) as cut (n_digits)

),

-- in full and without the last character: 翼城县 and 翼城
region_names as (

    select distinct
        regions.region_level,
        spelt.region_name
    from known_codes
    inner join regions on regions.region_code = rpad(known_codes.code, 6, '0')
    cross join (values (''), ('(自治区|自治州|自治县|省|市|县|区)$')) as form (left_out)
    cross join lateral (select regexp_replace(regions.region_name, form.left_out, '') as region_name) as spelt
    where length(spelt.region_name) >= 2

),

split as (

    select
        normal.*,
        substr(
            normal.normal_name,
            1
            + length(coalesce(province.region_name, ''))
            + length(coalesce(city.region_name, ''))
            + length(coalesce(county.region_name, ''))
        ) as rest
    from normal
    left join lateral (
        select region_names.region_name
        from region_names
        where
            region_names.region_level = 'province'
            and starts_with(normal.normal_name, region_names.region_name)
        order by length(region_names.region_name) desc
        limit 1
    ) as province on true
    left join lateral (
        select region_names.region_name
        from region_names
        where
            region_names.region_level = 'city'
            and starts_with(
                substr(normal.normal_name, 1 + length(coalesce(province.region_name, ''))), region_names.region_name
            )
        order by length(region_names.region_name) desc
        limit 1
    ) as city on true
    left join lateral (
        select region_names.region_name
        from region_names
        where
            region_names.region_level = 'county'
            and starts_with(
                substr(
                    normal.normal_name,
                    1 + length(coalesce(province.region_name, '')) + length(coalesce(city.region_name, ''))
                ),
                region_names.region_name
            )
        order by length(region_names.region_name) desc
        limit 1
    ) as county on true

),

final as (

    select
        name,
        normal_name,
        {{ company_core('rest') }} as core_name,
        left(normal_name, length(normal_name) - length(rest)) as region_part
    from split

)

select * from final
