#!/usr/bin/env bash
# Creates the database of Nightshift and one login per service, in a group role of its own, each with the least it needs:
#   migrate                               owns the database: creates the ledger, and grants on it to the group roles
#   data                                  may create schemas and tables, and read the write-ahead log (REPLICATION)
#   gateway, scheduler, executor, trigger nothing but what the migrations grant to their group role
# Reads each login's URL (postgres://login:password@host/database) from migrate_url, gateway_url, scheduler_url, executor_url,
# trigger_url and data_url, and how to reach Postgres as an administrator from the variables of psql (PGHOST, PGUSER, PGPASSWORD).
# May be repeated: what exists is kept, and the passwords become those of the URLs.
set -euo pipefail

run_sql() {
  PGOPTIONS=--client-min-messages=warning psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${PGUSER:-${POSTGRES_USER:-postgres}}" --dbname=postgres
}

# Sets LOGIN, PASSWORD and DATABASE; exported, and not arguments of psql, because arguments can be seen by every process.
read_url() {
  local pattern='^postgres(ql)?://([^:@/]+):([^@/]+)@[^/]+/([^?/]+)'
  if [[ ! ${!1} =~ $pattern ]]; then
    echo "$1 is not a URL of the form postgres://login:password@host/database" >&2
    exit 1
  fi
  export LOGIN=${BASH_REMATCH[2]} PASSWORD=${BASH_REMATCH[3]} DATABASE=${BASH_REMATCH[4]}
}

create_login() {
  run_sql <<'SQL'
\getenv login LOGIN
\getenv password PASSWORD
SELECT format('CREATE ROLE %I', :'login') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \gexec
ALTER ROLE :"login" LOGIN PASSWORD :'password';
SQL
}

create_database() {
  run_sql <<'SQL'
\getenv owner LOGIN
\getenv database DATABASE
-- An administrator who is not a superuser may only hand a database to a role it is a member of.
GRANT :"owner" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
}

join_group() {
  GROUP_ROLE="nightshift_$1" run_sql <<'SQL'
\getenv login LOGIN
\getenv group GROUP_ROLE
\getenv database DATABASE
SELECT format('CREATE ROLE %I NOLOGIN', :'group') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'group') \gexec
GRANT CONNECT ON DATABASE :"database" TO :"group";
GRANT :"group" TO :"login";
SQL
}

# The data service keeps a schema of its own, makes tables for new types, and publishes their changes.
allow_capture() {
  run_sql <<'SQL'
\getenv login LOGIN
\getenv database DATABASE
GRANT CREATE ON DATABASE :"database" TO nightshift_data;
\connect :"database"
GRANT USAGE, CREATE ON SCHEMA public TO nightshift_data;
ALTER ROLE :"login" REPLICATION;
SQL
}

# Who is a member may start workflows from SQL. The roles of applications are made by whoever makes the applications.
allow_starts() {
  run_sql <<'SQL'
\getenv owner LOGIN
SELECT 'CREATE ROLE nightshift_application NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nightshift_application') \gexec
GRANT nightshift_application TO :"owner" WITH ADMIN TRUE, INHERIT FALSE;
SQL
}

read_url migrate_url
create_login
allow_starts
create_database

for service in gateway scheduler executor trigger data; do
  read_url "${service}_url"
  create_login
  join_group "$service"
done
allow_capture
