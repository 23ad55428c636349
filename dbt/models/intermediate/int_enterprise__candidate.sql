-- One row per code as sent, enterprise that it may mean by itself and rule that says so; rules are tried in the order
-- of rule_rank.
with

codes as (

    select * from {{ ref('int_enterprise__code') }}

),

names as (

    select * from {{ ref('int_enterprise__name') }}

),

versions as (

    select
        credit_code,
        enterprise_name,
        valid_from,
        valid_to,
        is_current,
        is_first_version,
        {{ normal_code('mine_code') }} as mine_code,
        substr(credit_code, 9, 9) as organization_code
    from {{ ref('dim_enterprise') }}

),

named_versions as (

    select
        versions.*,
        names.normal_name,
        names.core_name,
        names.region_part
    from versions
    inner join names on versions.enterprise_name = names.name

),

matches as (

    select
        codes.code,
        versions.credit_code,
        'credit_code' as rule,
        1 as rule_rank,
        versions.enterprise_name,
        versions.valid_from,
        versions.valid_to,
        versions.is_current,
        versions.is_first_version
    from codes
    inner join versions on codes.normal_code = versions.credit_code
    where codes.code_kind = 'credit_code'

    union all

    select
        codes.code,
        versions.credit_code,
        'mine_code' as rule,
        1 as rule_rank,
        versions.enterprise_name,
        versions.valid_from,
        versions.valid_to,
        versions.is_current,
        versions.is_first_version
    from codes
    inner join versions on codes.normal_code = versions.mine_code

    union all

    select
        codes.code,
        versions.credit_code,
        'organization_code' as rule,
        1 as rule_rank,
        versions.enterprise_name,
        versions.valid_from,
        versions.valid_to,
        versions.is_current,
        versions.is_first_version
    from codes
    inner join versions on codes.normal_code = versions.organization_code
    where codes.code_kind = 'organization_code'

    union all

    select
        codes.code,
        named_versions.credit_code,
        'name' as rule,
        1 as rule_rank,
        named_versions.enterprise_name,
        named_versions.valid_from,
        named_versions.valid_to,
        named_versions.is_current,
        named_versions.is_first_version
    from codes
    inner join names on codes.code = names.name
    inner join named_versions on names.normal_name = named_versions.normal_name

    union all

    -- a region that both name, and name differently, is a difference
    select
        codes.code,
        named_versions.credit_code,
        'name_variant' as rule,
        2 as rule_rank,
        named_versions.enterprise_name,
        named_versions.valid_from,
        named_versions.valid_to,
        named_versions.is_current,
        named_versions.is_first_version
    from codes
    inner join names on codes.code = names.name
    inner join named_versions
        on
            names.core_name = named_versions.core_name
            and (
                names.region_part like '%' || named_versions.region_part
                or named_versions.region_part like '%' || names.region_part
            )
    where length(names.core_name) >= 2

),

final as (

    select
        matches.code,
        matches.credit_code,
        matches.rule_rank,
        (array_agg(matches.rule))[1] as rule,
        (array_agg(matches.enterprise_name order by matches.valid_from desc))[1] as enterprise_name,
        min(matches.valid_from) as valid_from,
        max(matches.valid_to) as valid_to,
        bool_or(matches.is_current) as is_current,
        -- 0: its entry was in force while the code was used (what nobody but the register uses is asked about today);
        -- 1: the code was used before the register knew the enterprise; 2: at another time
        min(
            case
                when codes.first_named_at is null then case when matches.is_current then 0 else 2 end
                when matches.valid_from <= codes.last_named_at and matches.valid_to > codes.first_named_at then 0
                when matches.is_first_version and matches.valid_from > codes.last_named_at then 1
                else 2
            end
        ) as force_rank
    from matches
    inner join codes on matches.code = codes.code
    group by matches.code, matches.credit_code, matches.rule_rank

)

select * from final
