# The kernel's package runs the hooks once for all packages that want it, by a trigger of its own, when dpkg is done with them. The
# command it runs then lies in a file that it takes away; what is there already, the kernel's own perhaps, does the same.
call_kernel_hooks() {
    image=/boot/vmlinuz-$release
    [ -e "$image" ] || image=/boot/vmlinux-$release
    if [ -z "$(command -v dpkg-trigger)" ] || ! kernel_is_there || [ ! -e "$image" ]; then
        return 1
    fi
    if [ ! -d "${hooks%/*}" ] || [ ! -d /etc/kernel/postinst.d ]; then
        return 1
    fi
    # Not every run-parts takes two directories.
    hook_calls="run-parts --report --exit-on-error --arg=$release --arg=$image /etc/kernel/postinst.d"
    if [ -d /usr/share/kernel/postinst.d ]; then
        hook_calls="$hook_calls && run-parts --report --exit-on-error --arg=$release --arg=$image /usr/share/kernel/postinst.d"
    fi
    noted=no
    if [ ! -s "$hooks" ]; then
        noted=yes
        echo "export DEB_MAINT_PARAMS=configure; $hook_calls" >"$hooks" || return 1
    fi
    dpkg-trigger --no-await {{trigger}} && return 0
    [ "$noted" = no ] || rm -f "$hooks"
    return 1
}
