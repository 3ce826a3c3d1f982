#!/bin/sh
# Makes snapshots with the Stasis of some checkout, and packs them: see README.md.
#
#   make.sh STASIS NAME      STASIS: the program `stasis` of that checkout; writes NAME.stasis beside this script,
#                            or the whole home as NAME.tar.zst where there are no archives yet
set -eu

stasis=$1
name=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap '"$stasis" rm -f booted child grandchild >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
export STASIS_HOME="$work/home" STASIS_ACCEL=tcg

# What is freed is not zeroed by the guest: it would make up most of the RAM image. Some is left free, or the guest might run out of memory.
zero_free_memory() { # sandbox
    # shellcheck disable=SC2016 # the guest expands it
    "$stasis" exec "$1" -- sh -c 'sync; echo 3 > /proc/sys/vm/drop_caches
        mkdir /tmp/fill && mount -t tmpfs -o size=100% none /tmp/fill
        kib=$(awk "/MemFree/ {print \$2 - 20480}" /proc/meminfo)
        dd if=/dev/zero of=/tmp/fill/zeros bs=1024 count=$kib 2>/dev/null
        umount /tmp/fill; rmdir /tmp/fill; sync; echo 3 > /proc/sys/vm/drop_caches'
}

kept() { # snapshot sandbox: captures the sandbox under that name
    zero_free_memory "$2"
    "$stasis" snapshot "$2" --name "$1"
}

"$stasis" create --name booted --memory 128M
# shellcheck disable=SC2016 # the guest expands it
"$stasis" exec booted -- sh -c '
    echo memory-of-booted > /dev/shm/memory
    echo disk-of-booted > /root/disk
    cat > /tmp/counter <<"END"
n=0
while :; do
    n=$((n+1))
    echo $n > /dev/shm/.count && mv /dev/shm/.count /dev/shm/count
    usleep 30000
done
END
    setsid sh /tmp/counter </dev/null >/dev/null 2>&1 &
    until [ -s /dev/shm/count ]; do usleep 1000; done'
kept flat booted
"$stasis" restore flat child
"$stasis" exec child -- sh -c 'echo memory-of-child >> /dev/shm/memory; echo disk-of-child >> /root/disk'
kept middle child
"$stasis" restore middle grandchild
"$stasis" exec grandchild -- sh -c 'echo memory-of-grandchild >> /dev/shm/memory; echo disk-of-grandchild >> /root/disk'
kept delta grandchild
"$stasis" rm -f booted child grandchild
"$stasis" snapshots rm middle
"$stasis" snapshots ls >&2

if "$stasis" snapshots export --help >/dev/null 2>&1; then
    "$stasis" snapshots export delta - | zstd -dc | zstd -19 --long=27 -T0 -q -f -o "$here/$name.stasis"
    exit
fi

# Of what machines boot from, a restore needs only the root file system and the empty disk that the lowest layer lies on.
find "$STASIS_HOME/boot" -type f ! -name '*.sqfs' ! -name blank.qcow2 -exec rm {} +
rm -rf "$STASIS_HOME/cache"
tar -C "$STASIS_HOME" --sparse --sort=name --owner=0 --group=0 -cf - . | zstd -19 --long=27 -T0 -q -f -o "$here/$name.tar.zst"
ls -l "$here/$name.tar.zst" >&2
