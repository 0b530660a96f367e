# Shared by the benchmarks: the words of the command line, turns, medians, and the line of JSON in which each of them ends. Sourced, never run.
#
#   bench NAME "$@"                     reads --kmpack --runs --cache --cache33; makes $work, which goes at the end
#   fetched PATTERN…                    the kernels' headers are in the cache $store; cold: nothing else is
#   timed NAME ROUND COMMAND…           runs it and keeps wall and processor time, except of round 0, which fills the page cache
#   row ID WHAT UNIT OURS THEIRS VALUE TARGET [OURS_CPU THEIRS_CPU]     one line of the table; `null` where there is nothing
#   compared ID WHAT OURS THEIRS TARGET     a row of two names that were timed: value is the ratio of the medians
#   finish                              prints {"schema":1,"bench":…,"runs":…,"rows":[…]} as the last line
#
# A row's value is at most its target or it is missed; a timing is no test, so that changes no exit status. What fails is a tool that does
# not do its work: exit 1. Progress goes to standard error.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# bench NAME WORDS…: the options are the same for all, so that tests/bench/all can hand its own on.
# shellcheck disable=SC2034  # most of these are for who sources this
bench() {
  bench_name=$1
  shift
  kmpack=$here/build/release/src/cli/kmpack
  runs=5
  cache=${KMPACK_TEST_CACHE:-$here/build/test-cache}
  cache33=
  while [ $# -gt 0 ]; do
    case $#$1 in
      1*) usage ;;
      *--kmpack) kmpack=$(realpath "$2") ;;
      *--runs) runs=$2 ;;
      *--cache) cache=$2 ;;
      *--cache33) cache33=$2 ;;
      *) usage ;;
    esac
    shift 2
  done
  [ -x "$kmpack" ] || { echo "$bench_name: $kmpack is not there; build it with: cmake --workflow --preset release" >&2; exit 2; }
  mkdir -p "$cache"
  cache=$(realpath "$cache")
  # A cache of kmpack's that belongs to the benchmarks.
  store=$cache/bench-store
  cache33=$(realpath -m "${cache33:-$store}")
  # The benchmarks' own programs, of the same build.
  programs=$(realpath -m "$(dirname "$kmpack")/../../tests/bench")
  jobs=$(nproc)
  arch=$(dpkg --print-architecture)
  work=$(mktemp -d)
  accounted
  trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; [ -z "$account" ] || rmdir "$account"' EXIT
  : >"$work/rows"
}

# The comment at the head of the script.
usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

say() { echo "$bench_name: $*" >&2; }

# Processor time of everything that is started, also in namespaces whose processes nobody here waits for, is known where a control group
# may be made (cpuacct of version 1, cpu.stat of version 2); elsewhere it is null.
accounted() {
  local place
  account=
  for place in /sys/fs/cgroup/cpuacct /sys/fs/cgroup/unified /sys/fs/cgroup; do
    if [ -e "$place/cgroup.procs" ] && mkdir "$place/kmpack-bench.$$" 2>/dev/null; then
      account=$place/kmpack-bench.$$
      return
    fi
  done
}

# Of the control group until now, in seconds.
account_read() {
  if [ -z "$account" ]; then
    echo null
  elif [ -e "$account/cpuacct.usage" ]; then
    awk '{ printf "%.4f\n", $1 / 1e9 }' "$account/cpuacct.usage"
  else
    awk '$1 == "usage_usec" { printf "%.4f\n", $2 / 1e6 }' "$account/cpu.stat"
  fi
}

# The clock is read by bash itself: starting `date` would be measured.
timed() {
  local name=$1 round=$2 before began ended line status=0
  shift 2
  before=$(account_read)
  began=$EPOCHREALTIME
  # Left of ||, so `set -e` has no say within: what is timed tells by its last command whether it failed.
  (
    [ -z "$account" ] || echo "$BASHPID" >"$account/cgroup.procs"
    "$@"
  ) || status=$?
  ended=$EPOCHREALTIME
  [ "$status" = 0 ] || { say "$name failed: $*"; exit 1; }
  line=$(awk '{ printf "%.4f %s\n", $2 - $1, $3 == "null" ? "null" : sprintf("%.4f", $4 - $3) }' <<<"$began $ended $before $(account_read)")
  [ "$round" = 0 ] || echo "$line" >>"$work/$name.times"
  say "round $round: $name $line s (wall, processor)"
}

# median FILE [COLUMN]
median() {
  awk -v column="${2:-1}" '{ print $column }' "$1" | sort -g |
    awk '{ v[NR] = $1 } END { print v[1] == "null" ? "null" : (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

quotient() { awk -v a="$1" -v b="$2" 'BEGIN { if (b + 0 == 0) print "null"; else printf "%.5g\n", a / b }'; }

row() {
  printf '{"row":"%s","what":"%s","unit":"%s","ours":%s,"theirs":%s,"value":%s,"target":%s,"ours_cpu":%s,"theirs_cpu":%s}\n' \
    "$1" "$2" "$3" "$4" "$5" "$6" "$7" "${8:-null}" "${9:-null}" >>"$work/rows"
}

compared() {
  local ours theirs
  ours=$(median "$work/$3.times")
  theirs=$(median "$work/$4.times")
  row "$1" "$2" s "$ours" "$theirs" "$(quotient "$ours" "$theirs")" "$5" "$(median "$work/$3.times" 2)" "$(median "$work/$4.times" 2)"
}

finish() {
  printf '{"schema":1,"bench":"%s","runs":%d,"rows":[%s]}\n' "$bench_name" "$runs" "$(paste -sd, "$work/rows")"
}

# Words before the next commands of kmpack that built() runs; empty but for rounds in which memory is looked at.
watching=()

# fetched PATTERN…: their headers are in $store. Results and answers of compilers there come and go, so it is nobody else's: the headers of
# --cache33 are linked (copied, where there can be no links).
fetched() {
  if [ "$cache33" != "$store" ] && [ -d "$cache33/headers/sets" ]; then
    local held
    held=$(cd "$cache33/headers/sets" && printf '%s\n' *)
    if [ "$(cat "$store/linked" 2>/dev/null)" != "$held" ]; then
      say "links the headers of $cache33, once"
      rm -rf "$store" && mkdir -p "$store"
      cp -al "$cache33/headers" "$cache33/apt" "$store/" 2>/dev/null || cp -a --force "$cache33/headers" "$cache33/apt" "$store/"
      echo "$held" >"$store/linked"
    fi
  fi
  say "fetches headers where they are missing"
  "$kmpack" -q --cache-dir "$store" flavors fetch "$@" >"$work/fetch.log" 2>&1 || { cat "$work/fetch.log" >&2; exit 4; }
  cold
}

# No results in the store, and nothing known of compilers.
cold() { rm -rf "$store/results" "$store/probes" "$store/compilers"; }

# counted REPORT [STATUS [WORD]]: cells of a report.json that have the status, and WORD in the kernel's or the package's name.
counted() {
  python3 -c 'import json, sys
words = sys.argv[2:] + ["", ""]
cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
print(sum(words[0] in ("", cell["status"]) and (words[1] in cell["kernel"]["id"] or words[1] == cell["package"]) for cell in cells))' "$@"
}
