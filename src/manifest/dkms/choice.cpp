#include "manifest/dkms/choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "manifest/dkms/text.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// An array of alternatives (MAKE, PATCH) with its patterns.
class Alternatives {
 public:
  Alternatives(std::string name, const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::string_view conf,
               Diagnostics& problems)
      : name_(std::move(name)), dump_(dump), origin_(origin), kernel_(kernel), conf_(conf), problems_(problems) {}

  [[nodiscard]] const DkmsValues& values() const { return values_of(name_); }

  /// dkms counts the elements and looks at so many indices from 0.
  [[nodiscard]] bool is_reached(unsigned index) const { return index < values().size(); }

  [[nodiscard]] bool has_pattern(unsigned index) const {
    const DkmsValues& patterns = values_of(name_ + "_MATCH");
    const auto pattern = patterns.find(index);
    return pattern != patterns.end() && !pattern->second.empty();
  }

  bool matches(unsigned index) {
    if (kernel_.release.empty()) return false;
    const auto answers = dump_.matches.find(name_ + "_MATCH");
    if (answers == dump_.matches.end()) return false;
    const auto answer = answers->second.find(index);
    if (answer == answers->second.end()) return false;
    if (answer->second == DkmsMatch::invalid) {
      warn("dkms-pattern-invalid",
           fmt::format("{}_MATCH[{}] is no pattern that bash can read; for dkms no kernel matches it", name_, index), index,
           "write an extended regular expression, see regex(7)");
    }
    return answer->second == DkmsMatch::matches;
  }

  void warn_unreached(unsigned index) {
    warn(
        "dkms-array-sparse",
        fmt::format("dkms does not reach {}[{}], since {} has {} elements; kmpack uses it", name_, index, name_, values().size()),
        index, fmt::format("number the elements of {} from 0 without a gap", name_));
  }

  void warn(std::string_view code, std::string message, unsigned index, std::string hint) {
    problems_.report({.severity = Severity::warning,
                      .code = code,
                      .message = std::move(message),
                      .where = where(index),
                      .notes = {},
                      .hint = std::move(hint)});
  }

  [[nodiscard]] SourceSpan where(unsigned index) const { return {origin_.conf, dkms_line_of(conf_, name_, index), 0}; }

 private:
  [[nodiscard]] const DkmsValues& values_of(const std::string& name) const {
    static const DkmsValues none;
    const auto found = dump_.seen.find(name);
    return found == dump_.seen.end() ? none : found->second;
  }

  std::string name_;
  const DkmsDump& dump_;
  const DkmsOrigin& origin_;
  const DkmsKernel& kernel_;
  std::string_view conf_;
  Diagnostics& problems_;
};

bool has_option(const DkmsKernel& kernel, std::string_view line) {
  std::error_code unseen;
  for (const fs::path& file : {kernel.source_dir / "include/config/auto.conf", kernel.source_dir / ".config"}) {
    if (!fs::is_regular_file(file, unseen)) continue;
    const std::string text = read_file(file);
    for (const std::string_view each : split(text, '\n')) {
      if (each == line) return true;
    }
    return false;
  }
  return false;
}

/// What dkms adds for a kernel that clang built; to one plain call only, since behind a `;` or `)` it would not reach make.
std::string for_clang(const std::string& make, const DkmsOrigin& origin, const DkmsKernel& kernel) {
  if (kernel.source_dir.empty() || make.find_first_of(";&|()") != std::string::npos) return make;
  if (!has_option(kernel, "CONFIG_CC_IS_CLANG=y")) return make;
  if (origin.semantics == DkmsSemantics::v3_4) return make + " LLVM=1";
  return make + " CC=clang" + (has_option(kernel, "CONFIG_LD_IS_LLD=y") ? " LD=ld.lld" : "");
}

constexpr std::string_view kMake = "make";

/// Does the text go on with the name of another program, maker or make-it?
bool is_longer_name(std::string_view text) {
  return text.size() > kMake.size() && std::string_view(" \t\n;&|()<>").find(text[kMake.size()]) == std::string_view::npos;
}

std::string with_release(const std::string& make, const DkmsKernel& kernel) {
  if (kernel.release.empty() || !make.starts_with(kMake) || is_longer_name(make)) return make;
  return fmt::format("make KERNELRELEASE={}{}", kernel.release.str(), make.substr(kMake.size()));
}

bool is_number(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

/// `-j`, `-j8`, `--jobs`, `--jobs=8`.
bool is_jobs(std::string_view word) {
  for (const std::string_view option : {"--jobs=", "--jobs", "-j"}) {
    if (word.starts_with(option)) return is_number(word.substr(option.size()));
  }
  return false;
}

/// A make that says how many jobs it wants leaves the jobserver that all cells share.
std::string without_jobs(const std::string& make) {
  if (!make.starts_with(kMake) || is_longer_name(make)) return make;
  // The options of the first command, as far as its words are plain.
  const std::size_t end = std::min(make.find_first_of("\\\"'`;&|()<>\n#"), make.size());
  std::string kept;
  bool number_follows = false;
  for (std::size_t at = 0; at < end;) {
    const std::size_t gap = std::min(make.find_first_not_of(" \t", at), end);
    const std::size_t stop = std::min(make.find_first_of(" \t", gap), end);
    const std::string_view word = std::string_view(make).substr(gap, stop - gap);
    // What touches the rest is only the beginning of a word.
    const bool whole = stop < end || end == make.size() || std::string_view(";&|)\n").find(make[end]) != std::string_view::npos;
    const bool dropped = whole && !word.empty() && (is_jobs(word) || (number_follows && is_number(word)));
    number_follows = whole && (word == "-j" || word == "--jobs");
    if (!dropped) kept += make.substr(at, stop - at);
    at = stop;
  }
  return kept + make.substr(end);
}

}  // namespace

std::string dkms_make_of(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::string_view conf,
                         Diagnostics& problems) {
  Alternatives make("MAKE", dump, origin, kernel, conf, problems);
  std::string chosen;
  std::optional<unsigned> unreached;
  for (const auto& [index, text] : make.values()) {
    if (trimmed(text).empty()) continue;
    if (!make.has_pattern(index)) {
      if (index == 0) chosen = text;
      if (index > 0) {
        make.warn("dkms-element-unused", fmt::format("MAKE[{}] has no MAKE_MATCH[{}] and is never used", index, index), index,
                  "chain the commands of one build with &&, in one element");
      }
      continue;
    }
    if (!make.matches(index)) continue;
    chosen = text;
    unreached = make.is_reached(index) ? std::nullopt : std::optional(index);
  }
  if (unreached) make.warn_unreached(*unreached);
  if (chosen.empty()) {
    // With the placeholders at once: no path of this machine can look like something else there.
    chosen = "make -C ${kernel_source_dir} M=${build_dir}";
  }
  if (chosen.starts_with(kMake) && is_longer_name(chosen)) {
    make.warn("dkms-make-name",
              "dkms takes the first four letters of this MAKE for the program make and puts options behind them", 0,
              "write `env` and a blank before the program's name");
  }
  return with_release(for_clang(without_jobs(chosen), origin, kernel), kernel);
}

std::vector<fs::path> dkms_patches_of(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel,
                                      std::string_view conf, Diagnostics& problems) {
  Alternatives patches("PATCH", dump, origin, kernel, conf, problems);
  std::vector<fs::path> chosen;
  for (const auto& [index, text] : patches.values()) {
    if (text.empty() || (patches.has_pattern(index) && !patches.matches(index))) continue;
    const fs::path patch(text);
    if (!is_safe_relative(patch)) {
      problems.report({.code = "dkms-path-unsafe",
                       .message = fmt::format("PATCH[{}] is not below patches/: {}", index, text),
                       .where = patches.where(index),
                       .notes = {},
                       .hint = "put the patch into the source's directory patches/ and name it by its path there"});
      continue;
    }
    if (!patches.is_reached(index)) patches.warn_unreached(index);
    chosen.push_back(patch);
  }
  return chosen;
}

}  // namespace kmpack
