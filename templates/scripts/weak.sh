state=/var/lib/rpm-state/kmpack-weak-modules
{{#notes}}

# weak-modules looks at every kernel, for minutes: what changes is noted, and done when the transaction ends.
note() {
    mkdir -p "$state" && echo "$2" >> "$state/$1" || echo "{{package}}: cannot write below $state" >&2
}

list_modules() {
{{#modules}}
    echo {{module}}
{{/modules}}
}
{{/notes}}
{{#calls}}

# $1: --no-initramfs or nothing; $3: the modules.
weak_modules() {
    [ -n "$3" ] || return 0
    [ -n "$(command -v weak-modules)" ] || return 0
    echo "$3" | weak-modules ${1:+"$1"} "$2" || echo "{{package}}: weak-modules failed" >&2
}

# Of the paths that are read those that are there ($1 is 0), or are not (1).
only() {
    while read -r path; do
        absent=0
        [ -e "$path" ] || absent=1
        [ "$absent" != "$1" ] || echo "$path"
    done
}
{{/calls}}
{{#successor}}

# The newer version's %post has run by now. One that kmpack did not make leaves no note.
successor_noted() {
    for list in "$state"/add-*; do
        [ ! -e "$list" ] || return 0
    done
    return 1
}
{{/successor}}
{{#settled}}

# Every noted list of one kind. What a list is called says whether its package has to do with the initramfs.
each_list() {
    for list in "$state/$1"-*; do
        [ -e "$list" ] || continue
        option=--no-initramfs
        case "$list" in "$state/$1-initramfs"*) option='' ;; esac
        weak_modules "$option" "--$1-modules" "$(only "$2" < "$list")"
        rm -f "$list"
    done
}

# What this transaction's packages noted; the first of them does it for all. Each package's modules are added by themselves:
# weak-modules links all that it is given to a kernel, or none.
settle_modules() {
    [ -e "$state/kernels" ] || return 0
    seen=" "
    while read -r modules; do
        case "$seen" in *" $modules "*) continue ;; esac
        seen="$seen$modules "
        release=${modules##*/}
        forget_modules
    done < "$state/kernels"
    each_list remove 1
    each_list add 0
    rm -f "$state/kernels"
    rmdir --ignore-fail-on-non-empty "$state"
}
{{/settled}}
