#!/bin/bash
# The synthetic county 模拟 of the profile demo. `addresses` tells where it will be found, `serve` runs it.
set -euo pipefail

# Only the .env file tells the other services, too, that their sources are synthetic; --profile demo would not.
if [[ ,$COMPOSE_PROFILES, != *,demo,* ]]; then
  echo "simulator: the services know nothing of the demo. Write COMPOSE_PROFILES=demo into .env, run 'up' again" >&2
  exit 1
fi
export EXCHANGE_DATABASE_URL="postgresql://exchange:$EXCHANGE_DATABASE_PASSWORD@database:5432/exchange"
export SIMULATOR_SFTP_PORT=8022 SIMULATOR_FTP_PORT=8021 SIMULATOR_MQTT_PORT=8883
exec python -m simulator "$1" --home /var/lib/riskmap/simulator --host simulator --port 8090
