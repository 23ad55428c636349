"""The warehouse, brought to what this checkout expects of it: schema, landing tables, feeds, boundaries."""

from __future__ import annotations

from feeds import registry
from riskmap.settings import Settings
from warehouse import landing, ledger, reference
from warehouse.db import connect
from warehouse.migrate import migrate


def prepare_warehouse(settings: Settings) -> None:
    """Migrate, create or widen landing tables, register the feeds and load the boundaries. Idempotent."""
    contracts = registry.load_all().values()
    migrate(settings.database_url)
    with connect(settings.database_url) as connection:
        landing.ensure_tables(connection, contracts)
        ledger.register_feeds(connection, contracts)
        reference.load_regions(connection)
