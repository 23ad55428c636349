#!/bin/bash
# Run once by the database's image, as superuser, when its volume is new: roles and databases of the services.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username postgres \
  --set riskmap="$RISKMAP_DATABASE_PASSWORD" --set airflow="$AIRFLOW_DATABASE_PASSWORD" \
  --set exchange="$EXCHANGE_DATABASE_PASSWORD" << 'SQL'
create role riskmap login password :'riskmap';
create role airflow login password :'airflow';
create role exchange login password :'exchange';
create role riskmap_loader;
create role riskmap_transformer;
create role riskmap_reader;
create role riskmap_map;
grant riskmap_loader, riskmap_transformer, riskmap_reader, riskmap_map to riskmap;
create database riskmap owner riskmap;
create database airflow owner airflow;
create database exchange owner exchange;
\connect riskmap
create extension if not exists postgis;
SQL
