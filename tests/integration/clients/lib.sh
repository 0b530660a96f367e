# shellcheck shell=bash disable=SC2034
# Sourced by with-zypper and with-dnf: an empty root with the machine's own zypper or dnf, and what is asked of it afterwards.
#
# What the clients need here, beside their options:
# - The rpm database: Debian's rpm keeps it in the caller's home, so a macro file of our own says where it is in a real system.
# - /dev/null in the root: scripts write to it. A mount namespace of our own lets it be bound there and vanish with us.
# - An end: both start gpg-agents and leave them; they go with a process namespace of our own.
# - Nothing of the host: zypper reads the root's /etc/zypp, dnf the file that --config names.

[ $# -eq 3 ] || { echo "usage: $0 KERNELS WORK SCRATCH" >&2; exit 2; }
skip() {
  echo "skipped: $*"
  [ -n "${CI-}" ] && exit 1
  exit 77
}
if [ "${KMPACK_CLIENTS_INSIDE-}" != 1 ]; then
  own=(unshare --mount --pid --fork --kill-child)
  [ "$(id -u)" = 0 ] || own+=(--user --map-root-user)
  "${own[@]}" true 2>/dev/null || skip 'no namespaces here'
  KMPACK_CLIENTS_INSIDE=1 exec "${own[@]}" "$0" "$@"
fi
umask 022
kernels=$(cd "$1" && pwd) work=$(cd "$2" && pwd)
rm -rf "$3"
mkdir -p "$3"
scratch=$(cd "$3" && pwd)
export LC_ALL=C.UTF-8 HOME=$scratch/home
mkdir -p "$HOME"
printf '%%_dbpath /var/lib/rpm\n' >"$HOME/.rpmmacros"
root='' scenario='' failed=0

needs() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
  [ -e "$kernels/.made" ] && [ -d "$work/repository" ] || skip 'there is nothing to install'
}

fail() {
  echo "FAILED  $scenario: $*" >&2
  failed=1
}

# begin NAME: an empty root for it.
begin() {
  scenario=$1
  root=$scratch/root-${scenario//[^A-Za-z0-9]/-}
  log=$scratch/log-${scenario//[^A-Za-z0-9]/-}
  mkdir -p "$root/dev"
  : >"$root/dev/null"
  mount --bind /dev/null "$root/dev/null"
  : >"$log"
}

finish() {
  umount "$root/dev/null"
  echo "done    $scenario"
}

# must COMMAND...: its output is shown when it fails.
must() {
  echo "\$ $*" >>"$log"
  local before
  before=$(wc -l <"$log")
  "$@" </dev/null >>"$log" 2>&1 || { fail "$* ended with $?"; tail -n +"$before" "$log" | tail -25 >&2; }
}

# refused TEXT COMMAND...: it has to fail, and to say TEXT.
refused() {
  local text=$1
  shift
  echo "\$ $*   (has to be refused)" >>"$log"
  if "$@" </dev/null >"$log.refused" 2>&1; then fail "$* was not refused"; fi
  cat "$log.refused" >>"$log"
  grep -qF "$text" "$log.refused" || { fail "$* did not say '$text'"; tail -25 "$log.refused" >&2; }
}

# A script that complains is a fault even where the client goes on.
quiet_scripts() {
  ! grep -E 'scriptlet failed|scriptlet.*exit status|%(pre|post|preun|postun|posttrans).* failed|depmod: (WARNING|ERROR)|: (depmod|weak-modules) failed' "$log" >&2 ||
    fail 'a script complained'
}

installed() { rpm --root "$root" -q "$@" >/dev/null 2>&1 || fail "$* is not installed"; }
absent() { ! rpm --root "$root" -q "$@" >/dev/null 2>&1 || fail "$* is still installed"; }

# indexed RELEASE MODULE: modprobe would load it, and from a file that is there.
indexed() {
  local file
  file=$(modprobe --dirname "$root" --set-version "$1" --show-depends "$2" 2>&1 | awk '$1 == "insmod" { print $2 }' | tail -1) || true
  [ -n "$file" ] && [ -f "$file" ] || fail "modprobe does not find $2 for $1"
}
unindexed() { ! grep -q "/$2\.ko" "$root/lib/modules/$1/modules.dep" 2>/dev/null || fail "$2 is still indexed for $1"; }

# Every installed file is as its package says, and every dependency is met.
verified() {
  local said
  # The index that depmod writes is a ghost of the kernel's, and mount points and logs are nobody's.
  said=$(rpm --root "$root" -Va --nofiledigest 2>&1 | grep -vE '^.{9} +g |^missing +g |/(dev|proc|sys|run|tmp)$|/var/log') && fail "rpm -Va says: $said"
  said=$(rpm --root "$root" -Va 2>&1 | grep -E '\.ko(\.(xz|zst|gz))?$|depmod\.d') && fail "rpm -Va says: $said"
  return 0
}

# clean: with kernels and modules gone, nothing of theirs is left.
clean() {
  local left
  left=$(find "$root/lib/modules/" "$root/usr/lib/modules/" -mindepth 1 2>/dev/null | head)
  [ -z "$left" ] || fail "left behind: $left"
  left=$(find "$root/etc/depmod.d" "$root/var/lib/kmpack" "$root/var/lib/rpm-state" "$root/run" -mindepth 1 ! -name zypp.pid 2>/dev/null | head)
  [ -z "$left" ] || fail "left behind: $left"
}

# called FILE PATTERN: a stand-in was called so.
called() { grep -qE -- "$2" "$root/var/log/$1" 2>/dev/null || fail "$1 holds no call '$2'"; }
