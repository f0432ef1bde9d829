#!/bin/sh
# PostgreSQL's archive_command: archive-wal.sh FOLDER %p %f
# Keeps one finished WAL segment, compressed, in FOLDER. It appears there whole or not at all, is on the disk
# before PostgreSQL is told so, and never takes the place of another file of its name: two servers that archive
# into one folder are noticed by the first segment that differs.
set -eu

archive=$1
segment=$2
name=$3
kept=$archive/$name.gz

if [ -e "$kept" ]; then
  # PostgreSQL asks again when it was stopped between our answer and its note of it.
  if gzip -dc "$kept" | cmp -s - "$segment"; then exit 0; fi
  echo "archive-wal: $kept is there already and differs: does another server archive into $archive?" >&2
  exit 1
fi

umask 077
draft=$archive/.$name.$$
trap 'rm -f "$draft"' EXIT
# -n: no name and no time, so that the same segment gives the same file.
gzip -1 -n -c "$segment" >"$draft"
sync "$draft"
# Unlike mv, ln fails where the name has been taken meanwhile.
ln "$draft" "$kept"
rm -f "$draft"
sync "$archive"
