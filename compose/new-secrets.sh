#!/usr/bin/env bash
# Prints an env file with fresh secrets for docker-compose.yml: compose/new-secrets.sh > .env
# With the argument `demo`, the synthetic sources 模拟 run as well, and the services read them.
set -euo pipefail

if [[ -n ${1:-} && $1 != demo ]]; then
  echo "new-secrets: unknown argument '$1'; there is only: demo" >&2
  exit 2
fi

secret() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; } # hexadecimal: they become parts of URLs

for name in POSTGRES_PASSWORD RISKMAP_DATABASE_PASSWORD AIRFLOW_DATABASE_PASSWORD EXCHANGE_DATABASE_PASSWORD \
  AIRFLOW_SECRET_KEY AIRFLOW_JWT_SECRET AIRFLOW_ADMIN_PASSWORD HAZCHEM_PASSWORD PERSON_SALT; do
  echo "$name=$(secret)$(secret)"
done
echo "AIRFLOW_FERNET_KEY=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" # Fernet wants this very form
[[ -z ${1:-} ]] || echo COMPOSE_PROFILES=demo
