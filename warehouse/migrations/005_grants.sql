-- Who may do what. "alter default privileges" makes the grants hold for tables that are created, or created anew, later
-- by the owner of the warehouse or by dbt as riskmap_transformer.

grant usage on schema ops, landing, quarantine to riskmap_loader, riskmap_transformer;
grant usage, create on schema staging, intermediate, marts, metrics to riskmap_transformer;
grant usage on schema marts, metrics to riskmap_reader;
grant usage on schema marts to riskmap_map;

grant select, insert, update on all tables in schema ops, landing, quarantine to riskmap_loader;
grant select on all tables in schema ops, landing, quarantine to riskmap_transformer;
grant insert, update on ops.build, ops.publication to riskmap_transformer;
revoke insert, update on ops.migration from riskmap_loader;

alter default privileges in schema ops, landing, quarantine
    grant select, insert, update on tables to riskmap_loader;
alter default privileges in schema ops, landing, quarantine
    grant select on tables to riskmap_transformer;

-- dbt may be run by the owner or by riskmap_transformer: each sees, and may rebuild on, what the other made.
alter default privileges in schema staging, intermediate, marts, metrics
    grant select, insert, update, delete, truncate, references on tables to riskmap_transformer;
alter default privileges in schema marts, metrics grant select on tables to riskmap_reader;
alter default privileges for role riskmap_transformer in schema marts, metrics
    grant select on tables to riskmap_reader;
-- riskmap_map reads the map's views only: dbt grants them one by one.
