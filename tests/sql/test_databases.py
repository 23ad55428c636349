"""The databases that tests get: of their own, whole, and gone afterwards."""

from __future__ import annotations

import psycopg

from feeds import registry


def test_an_empty_database_holds_postgis_only(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        extensions = {row[0] for row in connection.execute("select extname from pg_extension")}
        schemas = {row[0] for row in connection.execute("select nspname from pg_namespace")}
    assert extensions == {"plpgsql", "postgis"}
    assert "landing" not in schemas


def test_a_warehouse_has_the_landing_table_of_every_contract(warehouse_url: str) -> None:
    with psycopg.connect(warehouse_url) as connection:
        for contract in registry.load_all().values():
            for table in contract.tables:
                row = connection.execute("select to_regclass(%s)", [f"landing.{table.name}"]).fetchone()
                assert row is not None
                assert row[0] is not None, f"{contract.id}: landing.{table.name} is missing"
