#!/bin/bash
# Run before the services at every start of the composition: schemas, feeds, pools, the administrator's password.
set -euo pipefail
umask 077

mkdir -p "$AIRFLOW_HOME" /var/lib/riskmap/data_docs
python -c 'import json, os; print(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))' \
  > "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
if [[ ,$COMPOSE_PROFILES, == *,demo,* ]]; then
  feeds=$(compose/simulator.sh addresses)
else
  feeds='{"RISKMAP_FEEDS_DEFAULT": "off"}' # those run that .env names
fi
python compose/sources.py <<< "$feeds"
airflow db migrate
python - << 'PYTHON'
from riskmap.settings import Settings
from riskmap.stack.prepare import prepare_warehouse

prepare_warehouse(Settings.load())
PYTHON
python - > /tmp/pools.json << 'PYTHON'
import json

from feeds.registry import load_all

pool = {"slots": 1, "description": "one pull at a time", "include_deferred": False}
print(json.dumps({f"source_{feed}": pool for feed in load_all()}))
PYTHON
airflow pools import /tmp/pools.json
