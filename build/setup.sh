# Read by ./stasis and ./verify; expects $root, the folder of the checkout. Everything said here goes to standard error.
#
#   find_jdk              sets JAVA_HOME to a JDK that is new enough
#   packages_to_build     the names of the Debian packages that building and running need
#   need_packages NAME…   installs those Debian packages that are missing, or says how and ends
#   need_package_lists    makes apt know what it can install
#   locked COMMAND…       runs it while no other set-up or build runs in this checkout
#   build_maven ARGS…     runs Maven, shows its steps and keeps its log in $build_log
# shellcheck shell=sh disable=SC2154

least_jdk=25
build_log=$root/target/build.log

say() {
    printf '%s\n' "stasis: $*" >&2
}

fail() {
    say "$*"
    exit 1
}

jdk_version() { # folder -> its feature version, or nothing when it is no JDK
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    while IFS='=' read -r key value; do
        if [ "$key" = JAVA_VERSION ]; then
            value=${value#\"}
            value=${value%\"}
            printf '%s\n' "${value%%[.+-]*}"
            return 0
        fi
    done <"$1/release"
}

jdk_is_new_enough() { # folder
    version=$(jdk_version "$1")
    case $version in '' | *[!0-9]*) return 1 ;; esac
    [ "$version" -ge "$least_jdk" ]
}

find_jdk() {
    if [ -n "${JAVA_HOME:-}" ] && jdk_is_new_enough "$JAVA_HOME"; then
        export JAVA_HOME
        return 0
    fi
    for candidate in /usr/lib/jvm/*; do
        if jdk_is_new_enough "$candidate"; then
            export JAVA_HOME="$candidate"
            return 0
        fi
    done
    if java=$(command -v java) && candidate=$(readlink -f "$java") \
        && candidate=${candidate%/bin/java} && jdk_is_new_enough "$candidate"; then
        export JAVA_HOME="$candidate"
        return 0
    fi
    fail "no JDK $least_jdk or newer was found in JAVA_HOME (${JAVA_HOME:-not set}), in /usr/lib/jvm or on PATH:" \
        "install one, such as Eclipse Temurin $least_jdk from https://adoptium.net, and set JAVA_HOME if it is elsewhere"
}

packages_to_build() {
    echo qemu-system-x86 squashfs-tools-ng maven
    cat "$root/guest-resources/packages.txt"
}

as_root() { # the words that must stand before a command for root's rights; fails when there is no way
    if [ "$(id -u)" = 0 ]; then
        return 0
    fi
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        printf 'sudo -n'
        return 0
    fi
    return 1
}

apt() { # apt-get with root's rights, its output on standard error
    # shellcheck disable=SC2086 # no words, or two
    $root_prefix env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >&2
}

missing_packages() { # names -> those that are not installed
    for package; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || printf ' %s' "$package"
    done
}

need_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "this is no Debian: make sure that the equivalents of these packages are there: $*"
        return 0
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if ! root_prefix=$(as_root); then
        fail "these packages are missing:$missing" \
            "
Install them with
    sudo apt-get update && sudo apt-get install --no-install-recommends$missing
and run this again"
    fi
    say "installing$missing"
    need_package_lists
    # shellcheck disable=SC2086 # one word a package
    apt install --no-install-recommends $missing || {
        say "that failed: refreshing the package lists and trying again"
        apt update
        apt install --no-install-recommends $missing
    } || fail "apt-get could not install$missing: see above"
}

need_package_lists() {
    if ! command -v apt-cache >/dev/null || [ -n "$(apt-cache pkgnames linux-image-cloud-amd64 2>/dev/null)" ]; then
        return 0
    fi
    if ! root_prefix=$(as_root); then
        fail "apt knows no packages yet, and the guest is made from Debian's:
    sudo apt-get update
and run this again"
    fi
    say "reading the package lists"
    apt update || fail "apt-get update failed: see above"
}

locked() {
    mkdir -p "$root/target" 2>/dev/null || true
    if ! (: >>"$root/target/lock") 2>/dev/null; then
        fail "$root/target can't be written by $(id -un): build as its owner, or in a checkout of your own"
    fi
    exec 9>>"$root/target/lock"
    if ! flock -n 9; then
        say "waiting for another build in $root"
        flock 9
    fi
    "$@" 9>&-
    exec 9>&-
}

build_maven() {
    # What Maven and its plugins need on a new JDK; .mvn/jvm.config holds only what older ones can read, too.
    export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
    status_file=$root/target/status
    rm -f "$status_file"
    {
        code=0
        (cd "$root" && mvn -B "$@") 2>&1 || code=$?
        printf '%s\n' "$code" >"$status_file"
    } | tee "$build_log" | show_steps
    read -r code <"$status_file"
    return "$code"
}

show_steps() { # Maven's output -> a line for each module and each class of tests
    fetched=0
    while IFS= read -r line; do
        case $line in
            *'] Building Stasis: '*) step_line "  ${line#*Building Stasis: }" ;;
            *'Tests run: '*' -- in '*) step_line "    $(test_class "$line")" ;;
            '[ERROR]'*'<<<'*) step_line "   ${line#\[ERROR\]}" ;;
            *'Downloaded from '*)
                fetched=$((fetched + 1))
                if [ -t 2 ]; then
                    printf '\r\033[K    %s files downloaded' "$fetched" >&2
                elif [ $((fetched % 50)) = 0 ]; then
                    step_line "    $fetched files downloaded"
                fi
                ;;
        esac
    done
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
}

test_class() { # what Maven says of a class of tests, in short
    numbers=${1#*Tests run: }
    seconds=${numbers#*elapsed: }
    printf '%s: %s tests, %s s' "${1##* }" "${numbers%%,*}" "${seconds%% s*}"
    case $1 in
        *'<<<'*) printf ', FAILED' ;;
    esac
}

step_line() {
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
    printf '%s\n' "$1" | sed 's/[0-9.]*-SNAPSHOT *//' >&2
}
