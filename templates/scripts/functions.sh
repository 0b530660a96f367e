release={{release}}
modules={{release_root}}

# A kernel that is not installed has no module index; making one would keep its directory alive.
kernel_is_there() {
    [ -e "$root$modules/modules.builtin" ] || [ -e "$root$modules/modules.order" ]
}

refresh_modules() {
    kernel_is_there || return 0
    [ -n "$(command -v depmod)" ] || return 0
    depmod -a ${root:+-b "$root"} "$release" || echo "{{package}}: depmod failed for $release" >&2
}
{{#removal}}

# With the kernel gone, only what an earlier depmod wrote can be left; one that was killed leaves names that end in numbers.
forget_modules() {
    if kernel_is_there; then
        refresh_modules
        return 0
    fi
    for index in alias alias.bin builtin.alias.bin builtin.bin dep dep.bin devname softdep symbols symbols.bin weakdep; do
        rm -f "$root$modules/modules.$index" "$root$modules/modules.$index".[0-9]*.[0-9]*.[0-9]* || :
    done
    # It may hold other packages' modules, be a link, or have something mounted on it. A root that is being made may lack /dev/null.
    [ ! -d "$root$modules" ] || [ -L "$root$modules" ] || rmdir --ignore-fail-on-non-empty "$root$modules" || :
}
{{/removal}}
{{#initramfs}}

# Of this kernel alone, and only where it has an image: update-initramfs without -k takes the newest kernel.
refresh_initramfs() {
    [ -z "$root" ] || return 0
    kernel_is_there || return 0
    if [ -n "$(command -v update-initramfs)" ]; then
        [ -e "/boot/initrd.img-$release" ] || return 0
        update-initramfs -u -k "$release" || echo "{{package}}: update-initramfs failed for $release" >&2
    elif [ -n "$(command -v dracut)" ]; then
        for image in "/boot/initramfs-$release.img" "/boot/initrd.img-$release" "/boot/initrd-$release"; do
            [ -e "$image" ] || continue
            dracut --quiet --force "$image" "$release" || echo "{{package}}: dracut failed for $release" >&2
        done
    fi
}
{{/initramfs}}
