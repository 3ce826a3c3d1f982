#!/bin/sh
# Makes what tests make images of: target/test-images/debian-tools.tar, the root file system of a Debian 12 with Python, git and a compiler. Needs mmdebstrap, no root.
#
#   build/test-images.sh       prints the path of the file
#
# Does nothing when it was done before.
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
folder=$root/target/test-images
file=$folder/debian-tools.tar

make() {
    [ ! -e "$file" ] || return 0
    part=$folder/part-debian-tools.tar
    rm -f "$part"
    mmdebstrap --quiet --variant=minbase --include=python3-minimal,git,tcc,libc6-dev bookworm "$part" >&2
    mv "$part" "$file"
}

mkdir -p "$folder"
exec 9>>"$folder/lock"
flock 9
make
echo "$file"
