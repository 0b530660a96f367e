state=/var/lib/rpm-state/kmpack-weak-modules
{{#notes}}

# weak-modules looks at every kernel, for minutes: what changes is noted, and done once when the transaction ends.
note() {
    mkdir -p "$state" || return 0
    echo "$2" >> "$state/$1"
}

list_modules() {
{{#modules}}
    echo {{module}}
{{/modules}}
}
{{/notes}}
{{#calls}}

weak_modules() {
    [ -n "$2" ] || return 0
    [ -n "$(command -v weak-modules)" ] || return 0
    echo "$2" | weak-modules {{options}}"$1" || echo "{{package}}: weak-modules failed" >&2
}
{{/calls}}
{{#settled}}

# The noted paths that are there ($1 is 0), or are not (1).
noted() {
    [ -e "$state/$2" ] || return 0
    while read -r path; do
        absent=0
        [ -e "$path" ] || absent=1
        [ "$absent" != "$1" ] || echo "$path"
    done < "$state/$2"
}

# What this transaction's packages noted; the first of them does it for all.
settle_modules() {
    [ -e "$state/kernels" ] || return 0
    seen=" "
    while read -r modules; do
        case "$seen" in *" $modules "*) continue ;; esac
        seen="$seen$modules "
        release=${modules##*/}
        forget_modules
    done < "$state/kernels"
    weak_modules --remove-modules "$(noted 1 removed)"
    weak_modules --add-modules "$(noted 0 added)"
    rm -f "$state/kernels" "$state/removed" "$state/added"
    rmdir --ignore-fail-on-non-empty "$state"
}
{{/settled}}
