#!/bin/sh
# Puts the QEMU of Debian 12's backports beside the installed one, for tests: target/backports/qemu-system-x86_64. Nothing is installed, and
# what apt knows of this computer stays as it is. Needs the libraries of the installed qemu-system-x86, which are the same, and no root.
#
#   build/backports-qemu.sh       prints the path of the program
#
# BACKPORTS_MIRROR names another mirror than the one that the installed system uses. Does nothing when it was done before.
set -eu
export LC_ALL=C

root=$(dirname "$(dirname "$(readlink -f "$0")")")
out=$root/target/backports
program=$out/qemu-system-x86_64
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
    echo "backports-qemu: $*" >&2
    exit 1
}

mirror() { # the one that bookworm itself comes from
    apt-cache policy 2>/dev/null | awk '$2 ~ /^https?:/ && $3 == "bookworm/main" {print $2; found = 1; exit}
        END {if (!found) print "http://deb.debian.org/debian"}'
}

apt_options() { # apt works in a folder of its own
    printf ' -o %s' "Dir::Etc::sourcelist=$1/sources.list" Dir::Etc::sourceparts=- "Dir::State::lists=$1/lists" "Dir::Cache=$1/cache" \
        "Dir::State::status=$1/status" "APT::Sandbox::User=$(id -un)" APT::Architecture=amd64
}

get() { # folder: downloads and unpacks
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/debs"
    : >"$1/status"
    echo "deb [signed-by=$keyring] $source bookworm-backports main" >"$1/sources.list"
    options=$(apt_options "$1")
    # shellcheck disable=SC2086 # one word an option
    apt-get -qq $options update >&2 || fail "the package lists of bookworm-backports can't be read from $source: set BACKPORTS_MIRROR to a Debian mirror that can be reached"
    # shellcheck disable=SC2086
    (cd "$1/debs" && apt-get -qq $options download qemu-system-x86 qemu-system-data seabios >&2) \
        || fail "QEMU can't be downloaded from bookworm-backports at $source: set BACKPORTS_MIRROR to another Debian mirror"
    for deb in "$1"/debs/*.deb; do
        dpkg -x "$deb" "$1/root" || fail "$deb can't be unpacked"
    done
    rm -rf "$1/debs" "$1/cache" "$1/lists" "$1/status" "$1/sources.list"
}

mkdir -p "$root/target"
exec 9>"$root/target/.backports.lock"
flock 9
if [ ! -x "$program" ]; then
    command -v apt-get >/dev/null || fail "apt-get is missing: the backports' QEMU is only to be had on Debian 12"
    [ -r "$keyring" ] || fail "$keyring is missing: apt-get install debian-archive-keyring"
    source=${BACKPORTS_MIRROR:-$(mirror)}
    new=$(mktemp -d "$root/target/.backports.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    trap 'exit 1' INT TERM
    chmod 755 "$new"
    get "$new"
    cat >"$new/qemu-system-x86_64" <<'END'
#!/bin/sh
# The QEMU of bookworm-backports with its own firmware.
here=$(dirname "$(readlink -f "$0")")/root/usr
exec "$here/bin/qemu-system-x86_64" -L "$here/share/qemu" -L "$here/share/seabios" "$@"
END
    chmod 755 "$new/qemu-system-x86_64"
    "$new/qemu-system-x86_64" --version >/dev/null || fail "the backports' QEMU does not run here: is qemu-system-x86 installed, which has the same libraries?"
    rm -rf "$out"
    mv "$new" "$out"
fi
echo "$program"
