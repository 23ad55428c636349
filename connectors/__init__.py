"""How source systems are reached and what their bytes mean. Knows nothing of Airflow or the warehouse."""
