# Where the real dkms runs without being installed, and without anything else being. Sourced, never run.
#
#   dkms_root DKMS TREE SOURCE… -- HEADERS…
#
#   DKMS     where Debian's dkms package is unpacked; it is /opt/dkms there
#   TREE     becomes /var/lib/dkms, the only place that is written and stays
#   SOURCE   a directory NAME-VERSION with a dkms.conf, in /usr/src there
#   HEADERS  where the headers of one kernel are unpacked (tests/support/fetch-headers prints it)
#
# Sets the array `arguments` for bubblewrap: this machine's programs and libraries read-only, beside them the kernels' own as if they
# were installed. Exit 75 where there can be no sandbox.
dkms_root() {
  local dkms=$1 tree=$2 part source headers kernel
  shift 2
  bwrap --unshare-user --uid 0 --ro-bind / / true 2>/dev/null || { echo 'dkms: bubblewrap is missing, or users have no namespaces here' >&2; exit 75; }
  arguments=(--unshare-user --uid 0 --gid 0 --unshare-net --unshare-pid --unshare-ipc --die-with-parent --new-session --clearenv
    --tmpfs / --proc /proc --dev /dev --tmpfs /tmp --ro-bind /etc /etc)
  for part in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$part" ]; then
      arguments+=(--symlink "$(readlink "/$part")" "/$part")
    elif [ -d "/$part" ]; then
      arguments+=(--ro-bind "/$part" "/$part")
    fi
  done
  for part in /usr/*; do
    case $part in
      /usr/lib | /usr/src) ;;
      *) arguments+=(--ro-bind "$part" "$part") ;;
    esac
  done
  for part in /usr/lib/*; do
    case $part in
      /usr/lib/modules | /usr/lib/linux-kbuild-*) ;;
      *) arguments+=(--ro-bind "$part" "$part") ;;
    esac
  done
  for source; do
    shift
    [ "$source" != -- ] || break
    arguments+=(--ro-bind "$source" "/usr/src/$(basename "$source")")
  done
  for headers; do
    kernel=$(basename "$headers"/lib/modules/*)
    for part in "$headers"/usr/lib/* "$headers"/usr/src/linux-headers-*; do
      arguments+=(--ro-bind "$part" "/${part#"$headers"/}")
    done
    arguments+=(--ro-bind "$headers/lib/modules/$kernel" "/usr/lib/modules/$kernel")
  done
  arguments+=(--ro-bind "$dkms" /opt/dkms --bind "$tree" /var/lib/dkms --dir /root --chdir /root
    --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv LC_ALL C.UTF-8 --setenv HOME /root)
  # /etc/dkms of this machine has no say, when there is one.
  [ ! -d /etc/dkms ] || arguments+=(--ro-bind "$dkms/etc/dkms" /etc/dkms)
}
