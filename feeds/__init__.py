"""Contracts: one YAML per feed in the Open Data Contract Standard, and what is derived from them."""
