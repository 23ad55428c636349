# One image for every service of ours; docker-compose.yml says which process it runs.
FROM python:3.12-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    # Task logs and messages appear when they are written.
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/var/lib/riskmap/airflow \
    # airflow_local_settings: the scheduler imports what tasks need before it forks.
    PYTHONPATH=/opt/riskmap:/opt/riskmap/riskmap/stack/airflow_config \
    # The scheduler forks after the imports: no threads may be there by then.
    OPENBLAS_NUM_THREADS=1 \
    GX_ANALYTICS_ENABLED=false \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    DO_NOT_TRACK=1

# The broker of the profile demo, which the simulator starts.
RUN apt-get update \
    && apt-get install -y --no-install-recommends mosquitto \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/riskmap
COPY requirements/ requirements/
RUN pip install --require-hashes -r requirements/bootstrap.txt \
    && uv pip install --system --no-cache --require-hashes --compile-bytecode -r requirements/run.txt

COPY . .
RUN uv pip install --system --no-cache --no-deps --no-build-isolation --offline --editable . \
    && python -m compileall -q connectors dags expectations feeds riskmap simulator warehouse \
    && useradd --create-home --uid 10001 riskmap \
    && install -d -o riskmap -g riskmap -m 711 /var/lib/riskmap \
    && install -d -o riskmap -g riskmap /var/lib/riskmap/airflow /var/lib/riskmap/data_docs dbt/target dbt/logs

USER riskmap
VOLUME /var/lib/riskmap
CMD ["riskmap", "--help"]
