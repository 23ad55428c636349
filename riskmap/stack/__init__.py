"""The embedded stack: a private PostgreSQL, Airflow and the demo's source systems on one machine."""
