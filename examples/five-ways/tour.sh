#!/bin/sh
# The five ways to start a run, with the command line alone. The platform is the one that runs in this folder (npm start), or the one that
# NIGHTSHIFT_URL and NIGHTSHIFT_KEY name.
set -eu
cd "$(dirname "$0")/../.."

nightshift() { npm run -s nightshift -- "$@"; }
# The value of a member in a JSON answer.
member() { node -e 'console.log(JSON.parse(require("node:fs").readFileSync(0, "utf8"))[process.argv[1]])' "$1"; }
title() { printf '\n%s\n' "$1"; }

title 'First, the application: types, workflows and a recurrence; only what differs is changed'
nightshift apply -f examples/five-ways

title 'Somebody signs up: the endpoint answers with what its workflow returns'
email="tourist-$$-$(date +%s)@example.com"
user=$(nightshift call sign-up -p 'name=Toni Tourist' -p "email=$email" --json | member user)
echo "user $user"

title '1. A schedule: one run at a moment'
schedule=$(nightshift schedules create welcome-user --in 1s -p "user=$user")
nightshift logs "$schedule" --follow
later=$(nightshift schedules create welcome-user --in 1d -p "user=$user" --quiet)
nightshift schedules --workflow welcome-user
nightshift schedules cancel "$later"

title '2. A list: one run for each item'
nightshift lists create send-newsletter --type users --where "{\"email\": \"$email\"}" --as user --on-complete report-mailing --watch

title '3. A recurrence: a run again and again'
before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
nightshift recurrences set count-users tour --every 1s
nightshift recurrences list --workflow count-users
nightshift runs wait --workflow count-users --requested-after "$before" --watch
nightshift recurrences remove count-users tour

title '4. A change trigger: a run because data changed'
before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
nightshift things change users "$user" -p plan=pro --json | member plan
nightshift runs wait --workflow user-upgraded --requested-after "$before"
nightshift things search orders --where "{\"customer\": \"$user\"}"

title '5. A chain: a workflow schedules itself'
chain=$(nightshift run count-down -p "user=$user")
nightshift progress "$chain" --watch
nightshift things get users "$user" --json | member trial

title 'All five ways were gone.'
nightshift doctor
