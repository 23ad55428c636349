"""Told in time: what is wrong now (`ops.breach_now`), who has to know, and whether they were told."""
