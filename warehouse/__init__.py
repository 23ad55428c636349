"""The warehouse: archive, landing, ledger, quarantine, publication. What neither contracts nor dbt own is SQL here."""
