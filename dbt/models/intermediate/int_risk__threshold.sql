-- One row per point in use with every limit that is known of it: those of its register, those of the pond's grade, and
-- the limit of a reservoir that applies today.
with

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where is_current and is_in_use

),

stations as (

    select * from {{ ref('stg_station') }}
    where extra is not null

),

grades as (

    select * from {{ ref('tailings_grade') }}

),

flood_season_limits as (

    select * from {{ ref('stg_flood_season_limit') }}

),

today as (

    select to_char({{ as_of() }} at time zone '{{ var("zone") }}', 'MM-DD') as day_of_year

),

-- a season may run over the end of the year; where two overlap, the lower limit stands
seasons as (

    select
        flood_season_limits.feed_id,
        flood_season_limits.station_code,
        min(flood_season_limits.limit_level_m) as limit_level_m
    from flood_season_limits
    cross join today
    where
        case
            when begins_on <= ends_on then today.day_of_year between begins_on and ends_on
            else today.day_of_year >= begins_on or today.day_of_year <= ends_on
        end
    group by flood_season_limits.feed_id, flood_season_limits.station_code

),

final as (

    select
        points.feed_id,
        points.point_code,
        points.point_name,
        points.register,
        points.category,
        points.river_name,
        points.datum_name,
        points.geometry,
        points.thresholds
        || jsonb_strip_nulls(
            jsonb_build_object(
                'min_dry_beach_m', grades.min_dry_beach_m,
                'min_freeboard_m', grades.min_freeboard_m,
                -- outside the flood season the normal level is the limit
                'limit_level_m',
                coalesce(seasons.limit_level_m, (points.thresholds ->> 'normal_level_m')::double precision)
            )
        ) as thresholds
    from points
    left join stations
        on
            points.register = 'station'
            and points.feed_id = stations.feed_id
            and points.point_code = stations.station_code
    left join grades on stations.extra ->> 'pondGrade' = grades.grade
    left join seasons
        on
            points.feed_id = seasons.feed_id
            and points.point_code = seasons.station_code

)

select * from final
