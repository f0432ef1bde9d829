#!/bin/sh
# PostgreSQL's restore_command: fetch-wal.sh FOLDER %f %p
# Ends with 1 where the archive has no such file: PostgreSQL takes that for the archive's end. Anything that is
# there and can't be read ends with 200: above 125, so that recovery stops instead of taking it for the end.
set -u

archive=$1
name=$2
target=$3
kept=$archive/$name.gz

[ -e "$kept" ] || exit 1
if gzip -dc "$kept" >"$target"; then exit 0; fi
echo "fetch-wal: $kept can't be read" >&2
rm -f "$target"
exit 200
