#include "manifest/dkms/import_files.hpp"

#include <fmt/format.h>
#include <system_error>

#include "base/text.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/reading.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

bool is_executable(const fs::path& path) {
  std::error_code failed;
  constexpr auto kAny = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  return (fs::status(path, failed).permissions() & kAny) != fs::perms::none && !failed;
}

/// One word of `exec $run` in dkms 3.0: no quote, no `$` means anything there, but a pattern does.
std::string script_word(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%^-*?[]";
  // What kmpack puts in for these is plain, inside of quotes, too.
  const std::string bare = replaced(replaced(replaced(word, "${build_dir}", ""), "${kernelver}", ""), "${kernel_source_dir}", "");
  return bare.find_first_not_of(kPlain) == std::string::npos ? word : shell_quoted(word);
}

}  // namespace

DkmsFiles::DkmsFiles(const Manifest& manifest, Diagnostics& problems) : manifest_(manifest), problems_(problems) {
  if (is_file(manifest.file)) text_ = read_file(manifest.file);
}

void DkmsFiles::report(Severity severity, std::string_view code, std::string message, const SourceSpan& where, std::string hint) {
  if (!complained_.insert(message).second) return;
  problems_.report(
      {.severity = severity, .code = code, .message = std::move(message), .where = where, .notes = {}, .hint = std::move(hint)});
}

SourceSpan DkmsFiles::place_of(std::string_view directive, std::string_view value) const {
  return {manifest_.file, line_of_directive(text_, directive, value), 0};
}

std::optional<fs::path> DkmsFiles::patch_file(const fs::path& patch) {
  const SourceSpan where = place_of("PATCH", patch.string());
  if (!is_safe_relative(patch)) {
    report(Severity::error, "path-unsafe", fmt::format("PATCH names {}, which does not stay in patches/", shown(patch.string())),
           where, "put the patch into patches/ beside the dkms.conf and name it without '..'");
    return std::nullopt;
  }
  if (manifest_.dkms && !manifest_.dkms->overrides.empty() && manifest_.dkms->semantics == DkmsSemantics::v3_4) {
    fs::path own = manifest_.dkms->overrides / manifest_.dkms->name / "patches" / patch;
    if (is_file(own)) return own;
  }
  fs::path file = manifest_.source.directory / "patches" / patch;
  if (is_file(file)) return file;
  report(Severity::error, "file-missing", fmt::format("the patch {} is not there", file.string()), where,
         "dkms looks for patches in patches/ beside the dkms.conf");
  return std::nullopt;
}

void DkmsFiles::check_script(std::string_view directive, const std::string& script, const SourceSpan& where) {
  if (script.find("${") != std::string::npos || is_glob(script)) return;
  const fs::path file = manifest_.source.directory / fs::path(script).relative_path();
  // A patch may bring it.
  if (!is_file(file) && manifest_.patches.empty()) {
    report(Severity::error, "dkms-script-missing", fmt::format("{} names {}, which is not there", directive, shown(script)),
           where, "put the script beside the dkms.conf, or take the directive out");
  } else if (is_file(file) && !is_executable(file)) {
    report(Severity::error, "dkms-script-not-executable",
           fmt::format("{} names {}, which is not executable: dkms would warn and go on without it", directive, shown(script)),
           where, fmt::format("chmod +x {}, or take the directive out", script));
  }
}

std::string DkmsFiles::script_call(std::string_view directive, const std::string& call) {
  const std::vector<std::string> all = words(call);
  if (all.empty()) return {};
  std::string text;
  if (manifest_.dkms && manifest_.dkms->semantics == DkmsSemantics::v3_0) {
    for (const std::string& word : all) text += (text.empty() ? "" : " ") + script_word(word);
  } else {
    text = trimmed(call);
  }
  check_script(directive, all.front(), place_of(directive, call));
  // dkms puts the build directory before whatever is there.
  if (all.front().starts_with("./") || all.front().starts_with("${")) return text;
  return (all.front().starts_with('/') ? "." : "./") + text;
}

void DkmsFiles::leave_out(const std::map<std::string, std::string>& scripts) {
  for (const auto& [directive, text] : scripts) {
    const std::string first(trimmed(split(text, '\n').front()));
    report(Severity::warning, "dkms-script-left-out",
           fmt::format("{} runs {} on the machine that installs, in dkms's own tree; packages do not have that", directive,
                       shown(first)),
           place_of(directive, first), "what of it is still needed goes into <script> of <deb> and <rpm> in a kmpack.xml");
  }
}

std::uint32_t line_of_directive(std::string_view conf, std::string_view directive, std::string_view value) {
  std::uint32_t line = 0;
  std::uint32_t first = 0;
  for (const std::string_view text : split(conf, '\n')) {
    ++line;
    const std::string_view code = trimmed(text);
    if (!code.starts_with(directive) || code.size() == directive.size()) continue;
    const char next = code[directive.size()];
    if ((next != '=' && next != '[' && next != '+') || code.find('=') == std::string_view::npos) continue;
    if (!value.empty() && code.substr(code.find('=')).find(value) != std::string_view::npos) return line;
    if (first == 0) first = line;
  }
  return first;
}

}  // namespace kmpack
