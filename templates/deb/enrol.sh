# With Secure Boot the kernel refuses modules of signers it does not know, and only who sits at the console can enrol one.
advise_enrolment() {
    certificate={{certificate}}
    if [ -n "${DPKG_ROOT:-}" ] || [ ! -e "$certificate" ]; then
        return 0
    fi
    if [ -n "$(command -v mokutil)" ]; then
        case "$(mokutil --sb-state 2>&1)" in
            *disabled*) return 0 ;;
            *'SecureBoot enabled'*) ;;
            *) return 0 ;;
        esac
        case "$(mokutil --test-key "$certificate" 2>&1)" in
            *'is not enrolled'*) ;;
            *) return 0 ;;
        esac
        echo "{{package}}: Secure Boot is on, and the key that signed these modules is not enrolled: they will not load." >&2
        echo "{{package}}: To enrol it, run 'mokutil --import $certificate', restart, and confirm it at the console." >&2
        return 0
    fi
    # Four bytes of attributes, and one that is 1 when Secure Boot is on.
    variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
    case "$(od -A n -t u1 -j 4 -N 1 "$variable" 2>/dev/null)" in
        *' 1') ;;
        *) return 0 ;;
    esac
    echo "{{package}}: Secure Boot is on: these modules will not load unless the key that signed them is enrolled." >&2
    echo "{{package}}: To enrol it, install mokutil, run 'mokutil --import $certificate', restart, and confirm it at the console." >&2
}
