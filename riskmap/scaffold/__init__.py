"""A new feed from a sample of what its source sends: ``riskmap feeds new``."""
