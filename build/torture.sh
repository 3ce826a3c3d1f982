#!/bin/sh
# Tortures the store for longer than ./verify does: processes that are killed at random moments, eight processes in one home at once,
# random histories against a model, and losses of power at every change of a file with what is left decided by chance. Needs no machine
# and no QEMU; what it finds, and how to see it again, is in the report that it names. About ten minutes with nothing said.
#
#   build/torture.sh [--kills 3000] [--seconds 120] [--histories 500] [--chances 5] [--seed N]
set -eu

root=$(dirname "$(dirname "$(readlink -f "$0")")")
# shellcheck source=build/setup.sh
. "$root/build/setup.sh"
build_log=$root/target/torture.log
kills=3000 seconds=120 histories=500 chances=5 seed=$(date +%s)

while [ $# -gt 1 ]; do
    case $1 in
        --kills) kills=$2 ;;
        --seconds) seconds=$2 ;;
        --histories) histories=$2 ;;
        --chances) chances=$2 ;;
        --seed) seed=$2 ;;
        *) break ;;
    esac
    shift 2
done
[ $# = 0 ] || fail "'$1' was not understood: build/torture.sh [--kills N] [--seconds N] [--histories N] [--chances N] [--seed N]"

torture() {
    rm -rf "$root/store/target/surefire-reports"
    build_maven -pl store -am verify -Dsurefire.failIfNoSpecifiedTests=false \
        -Dsurefire.runOrder=reversealphabetical \
        -Dtest='KillTest,TogetherTest,RandomHistoryTest,CrashPointTest' "-Dstasis.kills=$kills" \
        "-Dstasis.seconds=$seconds" "-Dstasis.histories=$histories" "-Dstasis.chances=$chances" "-Dstasis.seed=$seed"
}

find_jdk
# shellcheck disable=SC2046 # one word a package
need_packages $(packages_to_build)
need_package_lists
say "torturing the store: $kills kills, $seconds s together, $histories histories, $chances chances a point, seed $seed"
if locked torture; then
    grep -h 'processes killed' "$build_log" | tail -n 1
    grep -h '^Tests run' "$root"/store/target/surefire-reports/*.txt
    say "nothing was lost"
else
    grep -E '^\[ERROR\]' "$build_log" | head -n 40 >&2 || true
    fail "something was lost, or went wrong: see $build_log"
fi
