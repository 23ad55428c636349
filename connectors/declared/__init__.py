"""Formats whose records are declared in the contract: mapping profiles and the bureau's own tables."""
