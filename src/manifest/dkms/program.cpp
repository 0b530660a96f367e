#include "manifest/dkms/program.hpp"

#include "base/text.hpp"
#include "manifest/dkms/directives.hpp"

namespace kmpack {
namespace {

// One compound command: bash has read all of it before the conf runs, so no alias or option of the conf changes what it says.
constexpr const char* kProgram = R"bash({
umask 022
shopt -s extglob
# Bounds for what runs away: blocks of 1024 bytes, seconds of processor, kilobytes of memory.
ulimit -c 0; ulimit -f 1024; ulimit -t 20; ulimit -v 4194304
unset CC CXX CFLAGS CXXFLAGS LDFLAGS

while [[ $1 != -- ]]; do declare -g "$1"; shift; done
shift
# Where only its own processes count.
[[ -z ${_kmpack_processes-} ]] || ulimit -u "$_kmpack_processes"

# What confs use of dkms's own functions.
VER() {
  local rest=$1 out= digits
  while [[ $rest =~ ^([^0-9]*)([0-9]+)(.*)$ ]]; do
    digits=${BASH_REMATCH[2]} rest=${BASH_REMATCH[3]}
    out+=${BASH_REMATCH[1]}
    while (( ${#digits} < 3 )); do digits=0$digits; done
    out+=$digits
  done
  out+=$rest
  echo "${out// /}"
}
get_num_cpus() { echo 1; }
warn() { echo "Warning: $*" >&2; }
error() { echo "Error! $*" >&2; }
deprecated() { echo "Deprecated feature: $*" >&2; }
die() { local status=$1; shift; error "$@"; exit "$status"; }

# Back to a shell whose builtins are builtins. In POSIX mode, which an assignment turns on, functions cannot stand before the special
# ones, and an unset that fails ends the shell.
_kmpack_calm() {
  POSIXLY_CORRECT=1
  trap - DEBUG ERR RETURN EXIT
  set +e +u +x +v +k
  unset -f builtin printf compgen mapfile read shopt unset set eval trap shift
  unset POSIXLY_CORRECT
  shopt -u expand_aliases
}

_kmpack_source() {
  local _kmpack_file=$1 _kmpack_unix _kmpack_n _kmpack_i _kmpack_v _kmpack_text= _kmpack_line _kmpack_out
  shift $#
  # What traps print is not among the records.
  exec {_kmpack_out}>&1 >/dev/null </dev/null
  if _kmpack_is_dos "$_kmpack_file"; then
    . <(builtin printf '%s\n' "$_kmpack_unix") >/dev/null
  else
    . "$_kmpack_file" >/dev/null
  fi
  _kmpack_calm
  for _kmpack_n in @DIRECTIVES@; do
    builtin eval "
      for _kmpack_i in \"\${!$_kmpack_n[@]}\"; do
        if (( \${#$_kmpack_n[\$_kmpack_i]} > 65536 )); then
          builtin printf 'B\\0%s\\0C\\0' $_kmpack_n >&$_kmpack_out
          return
        fi
        builtin printf 'W\\0%s\\0%s\\0%s\\0' $_kmpack_n \"\$_kmpack_i\" \"\${$_kmpack_n[\$_kmpack_i]}\" >&$_kmpack_out
        _kmpack_v=\${$_kmpack_n[\$_kmpack_i]}
        _kmpack_v=\${_kmpack_v%\$'\\r'}
        # Unquoted, as in dkms: blanks run together and patterns find files.
        set -- \$_kmpack_n[\$_kmpack_i]=\\\"\$_kmpack_v\\\"
        _kmpack_line=\${1-}
        [[ \$# = 0 ]] || shift
        while [[ \$# -gt 0 ]]; do _kmpack_line+=\" \$1\"; shift; done
        _kmpack_text+=\$_kmpack_line\$'\\n'
      done"
  done
  builtin printf 'T\0%s\0' "$_kmpack_text" >&$_kmpack_out
  # Confs source whole kernel configurations, thousands of names that say nothing.
  builtin mapfile -t _kmpack_got < <(builtin compgen -v -X 'CONFIG_*')
  for _kmpack_n in "${_kmpack_got[@]}"; do
    [[ $_kmpack_n == _* || ${_kmpack_names[$_kmpack_n]-} ]] || builtin printf 'O\0%s\0' "$_kmpack_n" >&$_kmpack_out
  done
  builtin printf 'C\0' >&$_kmpack_out
}

# A line end of Windows is part of a word to bash: dkms takes it off values, which is too late for a `case … in`.
_kmpack_is_dos() {
  _kmpack_unix=$(<"$1")
  [[ $_kmpack_unix == *$'\r\n'* || $_kmpack_unix == *$'\r' ]] || return
  _kmpack_unix=${_kmpack_unix//$'\r\n'/$'\n'}
  _kmpack_unix=${_kmpack_unix%$'\r'}
}

# dkms reads the text in its own shell, where nothing is left of what the conf defined. Trouble here goes to stderr only.
_kmpack_again() {
  eval "$1" >/dev/null </dev/null
}
readonly -f _kmpack_calm _kmpack_is_dos _kmpack_source _kmpack_again

declare -A _kmpack_names
for _kmpack_n in $(compgen -v) @DIRECTIVES@ OLDPWD MAPFILE REPLY COPROC COPROC_PID BASH_REMATCH OPTARG FUNCNAME; do
  _kmpack_names[$_kmpack_n]=yes
done
_kmpack_ended=

for _kmpack_conf in "$@"; do
  printf 'F\0%s\0' "$_kmpack_conf"
  if _kmpack_is_dos "$_kmpack_conf"; then
    _kmpack_errors=$("$BASH" -O extglob -n -- <(printf '%s\n' "$_kmpack_unix") 2>&1 >/dev/null </dev/null)
  else
    _kmpack_errors=$("$BASH" -O extglob -n -- "$_kmpack_conf" 2>&1 >/dev/null </dev/null)
  fi
  if [[ $? != 0 ]]; then
    _kmpack_errors=${_kmpack_errors//"/dev/fd/"+([0-9])/"$_kmpack_conf"}
    printf 'X\0%s\0' "$_kmpack_errors"
    _kmpack_ended=yes
    break
  fi
  mapfile -d '' -t _kmpack_got < <(_kmpack_source "$_kmpack_conf")
  wait $!
  _kmpack_status=$?
  if [[ ${#_kmpack_got[@]} = 0 || ${_kmpack_got[-1]} != C ]]; then
    printf 'Q\0%s\0' "$_kmpack_status"
    _kmpack_ended=yes
    break
  fi
  _kmpack_text=
  # Field by field: a slice of a long array takes bash as long as the array is.
  _kmpack_left=0 _kmpack_tag=
  for _kmpack_field in "${_kmpack_got[@]}"; do
    if (( _kmpack_left == 0 )); then
      _kmpack_tag=$_kmpack_field
      case $_kmpack_tag in
        W) _kmpack_left=3 ;;
        O | T | B) _kmpack_left=1 ;;
        C) break ;;
        *)
          _kmpack_ended=yes
          break
          ;;
      esac
    else
      (( _kmpack_left -= 1 ))
    fi
    if [[ $_kmpack_tag == T ]]; then
      _kmpack_text=$_kmpack_field
    else
      printf '%s\0' "$_kmpack_field"
    fi
  done
  if [[ $_kmpack_ended ]]; then
    printf 'Q\0%s\0' "$_kmpack_status"
    break
  fi
  _kmpack_again "$_kmpack_text"
  _kmpack_calm
  for _kmpack_n in @DIRECTIVES@; do
    builtin eval "for _kmpack_i in \"\${!$_kmpack_n[@]}\"; do
      builtin printf 'S\\0%s\\0%s\\0%s\\0' $_kmpack_n \"\$_kmpack_i\" \"\${$_kmpack_n[\$_kmpack_i]}\"
    done"
  done
done

if [[ ! $_kmpack_ended ]]; then
  for _kmpack_n in MAKE_MATCH PATCH_MATCH BUILD_EXCLUSIVE_KERNEL BUILD_EXCLUSIVE_ARCH; do
    _kmpack_against=$kernelver
    [[ $_kmpack_n != BUILD_EXCLUSIVE_ARCH ]] || _kmpack_against=$arch
    builtin eval "for _kmpack_i in \"\${!$_kmpack_n[@]}\"; do
      [[ \$_kmpack_against =~ \${$_kmpack_n[\$_kmpack_i]} ]]
      builtin printf 'M\\0%s\\0%s\\0%s\\0' $_kmpack_n \"\$_kmpack_i\" \$?
    done"
  done
fi
IFS= builtin read -r _kmpack_line
builtin printf 'E\0%s\0' "$_kmpack_line"
exit 0
}
)bash";

std::string all_directives() {
  std::string names;
  for (const DkmsDirective& directive : dkms_directives()) names += (names.empty() ? "" : " ") + std::string(directive.name);
  return names;
}

}  // namespace

const std::string& dkms_program() {
  static const std::string program = replaced(kProgram, "@DIRECTIVES@", all_directives());
  return program;
}

}  // namespace kmpack
