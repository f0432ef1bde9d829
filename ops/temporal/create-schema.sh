#!/bin/sh
# Makes Temporal's two databases and brings their schemas up to date. Run again, it changes nothing.
# Runs in temporalio/admin-tools; needs POSTGRES_HOST, POSTGRES_USER and SQL_PASSWORD.
set -eu

bring_up_to_date() {
  database=$1
  schema=$2
  sql_tool() {
    temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_HOST" -p 5432 -u "$POSTGRES_USER" --db "$database" "$@"
  }
  sql_tool create
  sql_tool setup-schema -v 0.0
  sql_tool update-schema -d "/etc/temporal/schema/postgresql/v12/$schema/versioned"
}

bring_up_to_date temporal temporal
bring_up_to_date temporal_visibility visibility
