#!/bin/sh
# Makes the guest's resources: kernel, initramfs, root file system, blank disk, launcher, tracker, KVM payload, their licences and digests.
#
#   build.sh [FOLDER]     default: target/classes/dev/stasis/guest/resources beside this script
#
# Needs the Debian packages of packages.txt and the package lists (apt-get update), no root. Kernel and busybox are downloaded by apt
# into ${XDG_CACHE_HOME:-~/.cache}/stasis. Does nothing when its inputs are those of the last time.
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1735689600}" TZ=UTC
umask 022

here=$(cd "$(dirname "$0")" && pwd)
guest=$here/../guest
out=${1:-$here/target/classes/dev/stasis/guest/resources}
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/stasis
scripts="$here/build.sh $here/build-files.sh $here/packages.txt"
modules="virtio/virtio_ring.ko virtio/virtio.ko virtio/virtio_pci_modern_dev.ko virtio/virtio_pci_legacy_dev.ko virtio/virtio_pci.ko
    char/virtio_console.ko block/virtio_blk.ko squashfs/squashfs.ko overlayfs/overlay.ko"
# Loaded where the machine has a network device.
network_modules="core/failover.ko net/net_failover.ko net/virtio_net.ko ipv4/inet_diag.ko ipv4/tcp_diag.ko"

fail() {
    echo "guest-resources: $*" >&2
    exit 1
}

require() { # program package
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"
}

candidate() { # package -> its version that apt would install
    apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" {print $2}'
}

kernel_package() {
    apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ {print $2; exit}'
}

deb() { # package version -> the file, downloaded if it is not in the cache
    file=$cache/$1_$(echo "$2" | sed 's/:/%3a/')_amd64.deb
    [ -f "$file" ] || {
        mkdir -p "$cache"
        aside=$(mktemp -d "$cache/download.XXXXXX")
        echo "guest-resources: downloading $1 $2" >&2
        (cd "$aside" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1=$2" >&2) \
            || { rm -rf "$aside"; fail "cannot download $1 $2: run apt-get update and try again, or put it into $cache"; }
        mv "$aside"/*.deb "$file"
        rmdir "$aside"
    }
    echo "$file"
}

sources() {
    cat $scripts
    find "$guest/agent" "$guest/launcher" "$guest/tracker" "$guest/payload" -type f -name '*.[chS]' | sort | xargs cat
    echo "$SOURCE_DATE_EPOCH"
}

# One build at a time; the lock goes with this shell.
mkdir -p "$here/target"
exec 9>"$here/target/.build.lock"
flock 9

# Nothing to do if neither the sources nor what apt and dpkg know has been touched; asking apt takes a second.
known=$({ sources; ls -ln --time-style=full-iso /var/lib/apt/lists /var/lib/dpkg/status 2>&1 || true; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$out/.stamp.known" 2>/dev/null)" = "$known" ] && exit 0

command -v apt-get >/dev/null || fail "apt-get is missing: the guest is made from Debian's packages, so build on Debian 12"
kernel=$(kernel_package)
[ -n "$kernel" ] || fail "apt knows no linux-image-cloud-amd64: run apt-get update"
kernel_version=$(candidate "$kernel")
busybox_version=$(candidate busybox-static)
[ -n "$kernel_version" ] && [ -n "$busybox_version" ] || fail "apt knows no version of $kernel or busybox-static: run apt-get update"

tools=$(dpkg-query -W -f '${Package} ${Version}\n' binutils gcc musl-dev linux-libc-dev e2fsprogs squashfs-tools-ng qemu-utils 2>/dev/null || true)
stamp=$({ sources; echo "$kernel $kernel_version busybox $busybox_version $tools"; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/.stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "$known" >"$out/.stamp.known"
    exit 0
fi

require musl-gcc musl-tools
require as binutils
require cpio cpio
require tar2sqfs squashfs-tools-ng
require mkfs.ext4 e2fsprogs
require qemu-img qemu-utils
require lz4 lz4
require xz xz-utils
[ -f /usr/include/linux/random.h ] || fail "linux/random.h is missing: apt-get install linux-libc-dev"

kernel_deb=$(deb "$kernel" "$kernel_version")
busybox_deb=$(deb busybox-static "$busybox_version")
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$(dirname "$out")/.making.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
made=$work/made
mkdir "$made"
. "$here/build-files.sh"
echo "$stamp" >"$made/.stamp"
echo "$known" >"$made/.stamp.known"
rm -rf "$out"
mv "$made" "$out"
echo "guest-resources: made $out"
