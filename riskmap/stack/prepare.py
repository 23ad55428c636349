"""The warehouse, brought to what this checkout expects of it: schema, landing tables, feeds, boundaries."""

from __future__ import annotations

from feeds import registry
from riskmap.settings import Settings
from warehouse import landing, ledger, reference
from warehouse.db import connect
from warehouse.migrate import migrate


def prepare_warehouse(settings: Settings) -> None:
    """Migrate, create or widen landing tables, register the feeds that run here and load the boundaries. Idempotent."""
    running = registry.load_enabled(settings.variables)
    migrate(settings.database_url)
    with connect(settings.database_url) as connection:
        # Tables of all feeds: dbt's models read every kind of record, whether a feed that runs here gives it or not.
        landing.ensure_tables(connection, registry.load_all().values())
        ledger.register_feeds(connection, running.values())
        ledger.switch_off_others(connection, running)
        reference.load_regions(connection)
