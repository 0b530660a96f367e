# The drivers that are measured, from Debian's *-dkms packages, and the least that any tool needs for them. Sourced after lib.sh.
#
#   drivers_for NAME…        unpacks them and dkms: $work/dkms/NAME as they come, $work/xml/NAME with the kmpack.xml `kmpack init` writes
#   kernels_of NAME          `FLAVOR SERIES` for each kernel that the driver compiles for, the newest of which is taken
#   headers_for              $headers[FLAVOR SERIES], where the headers of that kernel are unpacked
#   limit_makefile FILE NAME…    a makefile that runs all their plain kbuilds, each in its copy below OUT, neither signed nor packed
#
# Source: tests/corpus/expected.tsv has what compiles.
declare -A headers
dkms_package=$cache/drivers/dkms

kernels_of() {
  case $1 in
    acpi-call | bbswitch) printf '%s\n' "$arch 6.1" "cloud-$arch 6.1" "rt-$arch 6.1" "$arch 6.12" ;;
    v4l2loopback) printf '%s\n' "$arch 6.1" "rt-$arch 6.1" ;;
    tp-smapi) printf '%s\n' "$arch 6.1" "cloud-$arch 6.1" "rt-$arch 6.1" ;;
    jool | xtables-addons) printf '%s\n' "$arch 6.1" ;;
  esac
}

# patterns_of NAME: the same as `--flavor PATTERN`, each word on its line.
patterns_of() { kernels_of "$1" | sed 's,\(.*\) \(.*\),--flavor\ndebian-12/\1@\2,'; }

headers_for() {
  local flavor series
  for kernel in "$arch 6.1" "cloud-$arch 6.1" "rt-$arch 6.1" "$arch 6.12"; do
    read -r flavor series <<<"$kernel"
    headers[$kernel]=$("$here/tests/support/fetch-headers" "$cache" "$flavor" "$series")
  done
}

drivers_for() {
  local name source patterns
  "$here/tests/corpus/fetch" "$cache" dkms "$@" >"$work/drivers" || exit $?
  mkdir -p "$work/dkms" "$work/xml"
  for name; do
    source=$(echo "$cache/drivers/$name"/usr/src/*)
    cp -r "$source" "$work/dkms/$name"
    cp -r "$source" "$work/xml/$name"
    mapfile -t patterns < <(patterns_of "$name")
    "$kmpack" -q --offline --cache-dir "$store" init "$work/xml/$name" "${patterns[@]}" >"$work/init.log" 2>&1 || { cat "$work/init.log" >&2; exit 1; }
  done
}

# The kbuild call of each, as its own documentation has it.
kbuilds_of() {
  local begin=$1 copy=$2
  case $(basename "$copy") in
    tp-smapi-*) echo "$begin M=$copy HDAPS=1 modules" ;;
    jool-*) printf '%s M=%s/src/mod/%s modules\n' "$begin" "$copy" common "$begin" "$copy" nat64 "$begin" "$copy" siit ;;
    xtables-addons-*) echo "$begin M=$copy/extensions XA_ABSTOPSRCDIR=$copy XA_TOPSRCDIR=$copy modules" ;;
    *) echo "$begin M=$copy modules" ;;
  esac
}

# The headers name their other half by an absolute path and are not installed, hence -f.
limit_makefile() {
  local file=$1 name kernel cell copy tree common
  shift
  echo 'all:' >"$file"
  for name; do
    while read -r kernel; do
      cell=$name-${kernel/ /-}
      copy="\$(OUT)/$cell"
      tree=$(find "${headers[$kernel]}/usr/src" -maxdepth 1 -name 'linux-headers-*' ! -name '*-common*')
      common=$(find "${headers[$kernel]}/usr/src" -maxdepth 1 -name 'linux-headers-*-common*')
      printf 'all: %s\n.PHONY: %s\n%s:\n\t@cp -R %s %s\n' "$cell" "$cell" "$cell" "$work/dkms/$name" "$copy"
      kbuilds_of "\$(MAKE) -s -f $common/Makefile -C $tree" "$copy" | sed "s,.*,\t@& >>$copy.log 2>\&1,"
    done < <(kernels_of "$name")
  done >>"$file"
}

# cells_of NAME…: how many that are.
cells_of() {
  local name
  for name; do kernels_of "$name"; done | wc -l
}

# limit_run MAKEFILE CELLS: all of them, in one run of GNU make.
limit_run() {
  rm -rf "$work/limit"
  mkdir "$work/limit"
  make -s -f "$1" -j "$jobs" OUT="$work/limit"
}

# Checked outside of what is timed.
limit_made() {
  local made
  made=$(find "$work/limit" -name '*.ko' -printf '%P\n' | cut -d/ -f1 | sort -u | wc -l)
  [ "$made" = "$1" ] || { say "plain make built $made cells of $1"; exit 1; }
}

new_key() { "$kmpack" -q --cache-dir "$store" key new bench --output "$work/key" >/dev/null; }

# built WORKSPACE OUTPUT WORDS…: one run of kmpack, with both formats, signed.
built() {
  local workspace=$1 output=$2
  shift 2
  (cd "$work" && "${watching[@]}" "$kmpack" -q --offline --jobs "$jobs" --cache-dir "$store" build "$@" --format deb,rpm --key "$work/key/bench.key" \
    --certificate "$work/key/bench.pem" --workspace "$workspace" --output "$output" >"$work/build.log" 2>&1) || { cat "$work/build.log" >&2; return 1; }
}

# expect OUTPUT STATUS COUNT: the record of the last run says that this many cells have the status.
expect() {
  local found
  found=$(counted "$1/report.json" "$2")
  [ "$found" = "$3" ] || { say "$found cells were $2, not $3"; exit 1; }
}
