"""The embedded stack: a private PostgreSQL, Airflow and the demo's source systems on one machine."""

from riskmap.stack.embedded import down, state, up

__all__ = ["down", "state", "up"]
