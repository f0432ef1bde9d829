#!/bin/sh
# A full backup by PostgreSQL's own programs, verified, and the removal of what is older than it need be:
#   base-backup.sh FOLDER [DAYS]
# For a host without Node.js; `screentest backup` does the same and more. The server is named by PGHOST, PGPORT,
# PGUSER and a password file, as for psql. What it makes, `screentest backup list`, `verify` and `restore` can read.
set -eu
umask 077

folder=$1
days=${2:-30}
backups=$folder/backups
wal=$folder/wal

ask() { psql --no-psqlrc --no-password --tuples-only --no-align --dbname "${PGDATABASE:-postgres}" --command "$1"; }

version=$(ask 'SHOW server_version_num')
major=$((version / 10000))
bin=/usr/lib/postgresql/$major/bin
[ -x "$bin/pg_basebackup" ] || bin=$(dirname "$(command -v pg_basebackup)")
case $("$bin/pg_basebackup" --version) in
*" $major."*) ;;
*)
  echo "base-backup: the server is PostgreSQL $major, and $bin/pg_basebackup is another version; install postgresql-client-$major" >&2
  exit 1
  ;;
esac

now="to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
started=$(ask "SELECT $now")
id=$(printf %s "$started" | tr -d ':-')
draft=$backups/.draft-$$-$id
mkdir -p "$backups" "$wal"
trap 'rm -rf "$draft"' EXIT
mkdir "$draft"

"$bin/pg_basebackup" --no-password --pgdata "$draft/data" --format=plain --checkpoint=fast --wal-method=stream \
  --manifest-checksums=SHA256
"$bin/pg_verifybackup" --quiet "$draft/data"

finished=$(ask "SELECT $now")
facts=$(ask "
  SELECT format('\"serverVersion\": %s, \"systemIdentifier\": %s, \"superuser\": %s, \"walSegmentBytes\": %s',
    current_setting('server_version_num'), to_json((SELECT system_identifier::text FROM pg_control_system())),
    to_json((SELECT rolname FROM pg_roles WHERE oid = 10)), setting)
  FROM pg_settings WHERE name = 'wal_segment_size'")
archived=$(ask "
  SELECT EXISTS (SELECT FROM pg_settings WHERE name = 'archive_mode' AND setting <> 'off')
    AND EXISTS (SELECT FROM pg_settings WHERE name = 'archive_command' AND position('$wal' IN setting) > 0)")
[ "$archived" = t ] && archived=true || archived=false
cat >"$draft/backup.json" <<JSON
{
  "method": "pg_basebackup", "startedAt": "$started", "finishedAt": "$finished", "verifiedAt": "$finished",
  "bytes": $(($(du -sk "$draft/data" | cut -f1) * 1024)), "isArchived": $archived, $facts
}
JSON
sync
mv "$draft" "$backups/$id"
echo "backup $id is in $backups/$id, verified"

# A moment $days days ago is restored from the newest backup before it and the log from there on. A day is added, since
# a backup's name says when it began. All that are here were verified; without one that old nothing is removed.
oldest=$(date --utc --date="-$((days + 1)) days" +%Y%m%dT%H%M%S)
base=$(ls "$backups" | awk -v oldest="$oldest" '$0 < oldest' | tail -n 1)
[ -n "$base" ] || exit 0
for old in $(ls "$backups" | awk -v base="$base" '$0 < base'); do
  rm -rf "${backups:?}/$old"
  echo "removed the backup $old"
done
first=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]\{24\}\))$/\1/p' "$backups/$base/data/backup_label")
"$bin/pg_archivecleanup" -x .gz "$wal" "$first"
