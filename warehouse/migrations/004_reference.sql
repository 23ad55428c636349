create table ops.reference (
    name text primary key,
    version text not null,
    rows bigint not null,
    loaded_at timestamptz not null default now()
);
comment on table ops.reference is '参考数据 Which edition of each reference table is loaded';

create table landing.region_boundary (
    region_code text primary key check (region_code ~ '^[0-9]{6}$'),
    region_name text not null,
    level text not null check (level in ('province', 'city', 'county')),
    parent_code text,
    geom geometry (multipolygon, 4326) not null,
    source text not null
);
create index region_boundary_geom on landing.region_boundary using gist (geom);
comment on table landing.region_boundary is
    '行政区划边界 Provinces, cities and counties of China (GB/T 2260); CGCS2000, taken as EPSG:4326';
comment on column landing.region_boundary.level is
    'from the code: 0000 province, 00 city, else county. A city without counties of its own has no county row';
comment on column landing.region_boundary.parent_code is 'the city of a county, or its province where no city lies between';
