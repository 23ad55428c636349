"""The figures of docs/metrics.md a second time, in plain Python over histories drawn at random."""
