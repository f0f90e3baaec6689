#!/bin/sh
# Runs once, when the database is made: the role that serves requests owns no table and cannot rewrite the audit log.
set -eu

psql --set=ON_ERROR_STOP=1 --set=password="$HYDROFLEET_APPLICATION_PASSWORD" \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE hydrofleet LOGIN PASSWORD :'password';
SQL
