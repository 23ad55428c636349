#!/usr/bin/env bash
# Prints an env file with fresh secrets for docker-compose.yml: compose/new-secrets.sh > .env
set -euo pipefail

secret() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; } # hexadecimal: they become parts of URLs

for name in POSTGRES_PASSWORD RISKMAP_DATABASE_PASSWORD AIRFLOW_DATABASE_PASSWORD EXCHANGE_DATABASE_PASSWORD \
  AIRFLOW_SECRET_KEY AIRFLOW_JWT_SECRET AIRFLOW_ADMIN_PASSWORD PERSON_SALT; do
  echo "$name=$(secret)$(secret)"
done
echo "AIRFLOW_FERNET_KEY=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" # Fernet wants this very form
# The synthetic source 模拟. For a real one, write its URL here. (In the compose file it could not be the default:
# docker-compose 1 reads no variable inside another's default.)
echo 'EXCHANGE_DATABASE_URL=postgresql://exchange:${EXCHANGE_DATABASE_PASSWORD}@database:5432/exchange'
