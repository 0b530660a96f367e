# Shared by the lints: finding files, and ending with what was found. Sourced, never run.

# files_below DIR PATTERN…: regular files below DIR whose names match one of the patterns, without what is made or downloaded.
files_below() {
  below=$1
  shift
  first=1
  for pattern in "$@"; do
    if [ $first = 1 ]; then
      set -- -name "$pattern"
      first=0
    else
      set -- "$@" -o -name "$pattern"
    fi
  done
  [ -d "$below" ] || return 0
  find "$below" \( -name .git -o -name .kmpack -o -path "$root/build" -o -path "$root/build-*" -o -path "$root/dist" \
    -o -path "$root/examples/*/source" \) -prune -o \
    -type f \( "$@" \) -print | LC_ALL=C sort
}

# need TOOL PACKAGE: without the tool the check cannot run, which CI takes as a failure.
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  echo "needs $1 (Debian package $2)"
  [ -n "${CI:-}" ] && exit 1
  exit 77
}

# finish FILE: fail when FILE has lines, and show them.
finish() {
  if [ -s "$1" ]; then
    cat "$1"
    echo "$(wc -l <"$1") place(s) found by $(basename "$0")"
    rm -f "$1"
    exit 1
  fi
  rm -f "$1"
}
