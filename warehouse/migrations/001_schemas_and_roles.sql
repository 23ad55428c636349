-- Schemas, PostGIS and the four roles.
-- Roles belong to the whole cluster, so another warehouse of the same cluster may have made them, perhaps this instant.

create schema if not exists ops;
create schema if not exists landing;
create schema if not exists quarantine;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists marts;
create schema if not exists metrics;

do $$
begin
    create extension if not exists postgis;
exception when insufficient_privilege then
    raise exception 'the extension postgis is missing and % may not create it', current_user
        using hint = 'let a superuser run "create extension postgis" in this database, then migrate again';
end
$$;

do $$
declare
    wanted text;
begin
    foreach wanted in array array['riskmap_loader', 'riskmap_transformer', 'riskmap_reader', 'riskmap_map'] loop
        if not exists (select 1 from pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception
                when duplicate_object or unique_violation then
                    null; -- another database of this cluster was faster
                when insufficient_privilege then
                    raise exception 'the role % is missing and % may not create roles', wanted, current_user
                        using hint = format('let a superuser run "create role %I nologin; grant %I to %I"',
                                            wanted, wanted, current_user);
            end;
        end if;
        if not pg_has_role(current_user, wanted, 'MEMBER') then
            begin
                execute format('grant %I to %I', wanted, current_user);
            exception when insufficient_privilege then
                raise exception '% is not a member of the role % and may not become one', current_user, wanted
                    using hint = format('let a superuser run "grant %I to %I"', wanted, current_user);
            end;
        end if;
    end loop;
end
$$;

comment on schema ops is '台账 The ledger: feeds, payloads, batches, cursors, publications';
comment on schema landing is '落地 Records as the sources sent them, typed and keyed, one table per kind of record';
comment on schema quarantine is '隔离 Records that broke their contract, with rule and reason';
comment on schema staging is '贴源 dbt: rename, cast, unit, zone, reference system';
comment on schema intermediate is '中间 dbt: joins';
comment on schema marts is '集市 What people, dashboards and the map read';
comment on schema metrics is '指标 Coverage, timeliness, quality, service levels';
