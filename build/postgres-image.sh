#!/bin/sh
# Makes target/postgres.tar, a Debian with PostgreSQL, unless it is there: the tests and the sample project use it.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
tar=$root/target/postgres.tar
mkdir -p "$root/target"
exec 8>>"$root/target/postgres.lock"
flock 8
[ ! -e "$tar" ] || exit 0
# Without the compiler for queries and the texts for people, which are half of it.
mmdebstrap --variant=minbase --include=postgresql-15 \
    --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$tar.part.tar"
mv "$tar.part.tar" "$tar"
