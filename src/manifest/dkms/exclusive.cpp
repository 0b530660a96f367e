#include "manifest/dkms/exclusive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "manifest/dkms/text.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr auto kDirectives =
    std::to_array<std::string_view>({"BUILD_EXCLUSIVE_KERNEL", "BUILD_EXCLUSIVE_KERNEL_MIN", "BUILD_EXCLUSIVE_KERNEL_MAX",
                                     "BUILD_EXCLUSIVE_ARCH", "BUILD_EXCLUSIVE_CONFIG"});

/// Options that are y or m. Nothing when there is no file: dkms then checks nothing.
std::optional<std::set<std::string, std::less<>>> enabled_options(const DkmsKernel& kernel) {
  std::error_code unseen;
  for (const fs::path& file : {kernel.source_dir / "include/config/auto.conf", kernel.source_dir / ".config", kernel.config}) {
    if (file.empty() || !file.is_absolute() || !fs::is_regular_file(file, unseen)) continue;
    std::set<std::string, std::less<>> enabled;
    const std::string text = read_file(file);
    for (const std::string_view line : split(text, '\n')) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos || line.size() < equals + 2) continue;
      // As `grep ^CONFIG_X=[ym]` finds it.
      if (line[equals + 1] == 'y' || line[equals + 1] == 'm') enabled.emplace(line.substr(0, equals));
    }
    return enabled;
  }
  return std::nullopt;
}

class Exclusion {
 public:
  Exclusion(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::string_view conf,
            Diagnostics& problems)
      : dump_(dump), origin_(origin), kernel_(kernel), conf_(conf), problems_(problems), options_(enabled_options(kernel)) {}

  DkmsExclusion decide(std::size_t modules) {
    DkmsExclusion exclusion;
    exclusion.modules.resize(modules);
    for (const std::string_view name : kDirectives) directive(name, exclusion);
    obsolete(exclusion);
    const bool none_left =
        !exclusion.modules.empty() && std::ranges::all_of(exclusion.modules, [](const auto& why) { return why.has_value(); });
    if (!exclusion.package && none_left) exclusion.package = exclusion.modules.front();
    // Confs that decide by shell code set an impossible condition and tell the reason on stderr.
    if (const std::string said = said_by_conf(); exclusion.package && !said.empty()) *exclusion.package += " (" + said + ")";
    return exclusion;
  }

 private:
  /// The first line on stderr that is none of bash's own.
  [[nodiscard]] std::string said_by_conf() const {
    constexpr std::size_t kLongest = 200;
    for (const std::string_view line : split(dump_.messages, '\n')) {
      const bool plain = std::ranges::none_of(line, [](unsigned char c) { return c < ' ' || c == 0x7f; });
      if (trimmed(line).empty() || line.find(": line ") != std::string_view::npos || line.size() > kLongest || !plain) continue;
      return std::string(trimmed(line));
    }
    return {};
  }

  void directive(std::string_view name, DkmsExclusion& exclusion) {
    const auto values = dump_.seen.find(std::string(name));
    if (values == dump_.seen.end()) return;
    const bool old = origin_.semantics == DkmsSemantics::v3_0;
    if (old && (name.ends_with("_MIN") || name.ends_with("_MAX"))) {
      warn("dkms-directive-newer", fmt::format("dkms before 3.0.11 does not know {} and builds anyway; so does kmpack", name),
           {name, 0}, "--dkms-semantics 3.4 obeys it");
      return;
    }
    const bool for_each = std::ranges::any_of(values->second, [](const auto& value) { return value.first > 0; });
    for (const auto& [index, text] : values->second) {
      if (trimmed(text).empty()) continue;
      if (old && index > 0) {
        warn("dkms-directive-newer", fmt::format("dkms before 3.3 knows no {}[{}] and builds that module anyway", name, index),
             {name, index}, "--dkms-semantics 3.4 obeys it");
        continue;
      }
      const auto why = reason(name, index, text);
      add_rules(name, index, text, for_each && !old, !why, exclusion);
      if (!why) continue;
      if (!for_each || old) {
        if (!exclusion.package) exclusion.package = why;
      } else if (index < exclusion.modules.size()) {
        if (!exclusion.modules[index]) exclusion.modules[index] = why;
        if (index == 0 && exclusion.modules.size() > 1) {
          warn("dkms-exclusive-first",
               fmt::format("dkms would build no module at all: it takes {}[0] for all modules; kmpack takes it for the first",
                           name),
               {name, 0}, "put the module that has no condition first, or give index 0 none");
        }
      }
    }
  }

  void add_rules(std::string_view name, unsigned index, const std::string& text, bool of_module, bool met,
                 DkmsExclusion& exclusion) const {
    DkmsRule rule{.directive = std::string(name),
                  .text = std::string(trimmed(text)),
                  .index = index,
                  .of_module = of_module,
                  .met = met,
                  .line = dkms_line_of(conf_, name, index)};
    if (!name.ends_with("_CONFIG")) return exclusion.rules.push_back(std::move(rule));
    for (const std::string& word : words(text)) {
      rule.text = word;
      rule.met = !options_ || is_met(word);
      exclusion.rules.push_back(rule);
    }
  }

  /// A word of BUILD_EXCLUSIVE_CONFIG.
  [[nodiscard]] bool is_met(const std::string& word) const {
    const bool unwanted = word.starts_with('!');
    return options_->contains(unwanted ? word.substr(1) : word) != unwanted;
  }

  std::optional<std::string> reason(std::string_view name, unsigned index, const std::string& text) {
    const std::string release = kernel_.release.str();
    if (name.ends_with("_CONFIG")) return config_reason(text, {name, index});
    if (name.ends_with("_MIN")) {
      if (dkms_version_key(release) >= dkms_version_key(text)) return std::nullopt;
      return fmt::format("BUILD_EXCLUSIVE_KERNEL_MIN is {}", text);
    }
    if (name.ends_with("_MAX")) {
      if (dkms_version_key(release) <= dkms_version_key(text)) return std::nullopt;
      if (release.starts_with(text) && release.size() > text.size() && !is_digit(release[text.size()])) {
        warn("dkms-kernel-max",
             fmt::format("for dkms {} is above BUILD_EXCLUSIVE_KERNEL_MAX={}, and so it is for kmpack", release, text),
             {name, index}, fmt::format("write {}.999 for the whole series", text));
      }
      return fmt::format("BUILD_EXCLUSIVE_KERNEL_MAX is {}", text);
    }
    const auto answers = dump_.matches.find(std::string(name));
    const auto answer =
        answers == dump_.matches.end() ? std::map<unsigned, DkmsMatch>::const_iterator{} : answers->second.find(index);
    if (answers == dump_.matches.end() || answer == answers->second.end() || answer->second == DkmsMatch::matches)
      return std::nullopt;
    if (answer->second == DkmsMatch::invalid) {
      warn("dkms-pattern-invalid",
           fmt::format("{}[{}] is no pattern that bash can read; for dkms no kernel matches it", name, index), {name, index},
           "write an extended regular expression, see regex(7)");
    }
    return fmt::format("{} is {}", name, text);
  }

  std::optional<std::string> config_reason(const std::string& text, const std::pair<std::string_view, unsigned>& element) {
    if (!options_) {
      warn("dkms-config-unknown",
           "the kernel's configuration is not there: BUILD_EXCLUSIVE_CONFIG is taken as fulfilled, as by dkms", element,
           "use a header tree with include/config/auto.conf or .config");
      return std::nullopt;
    }
    for (const std::string& word : words(text)) {
      if (is_met(word)) continue;
      const bool unwanted = word.starts_with('!');
      return fmt::format("BUILD_EXCLUSIVE_CONFIG: the kernel has {} {}", unwanted ? "the option" : "not the option",
                         unwanted ? word.substr(1) : word);
    }
    return std::nullopt;
  }

  /// Source: facts debian.md section 1.2, OBSOLETE_BY; dkms 3.0.10 check_version_sanity, at installation.
  void obsolete(DkmsExclusion& exclusion) {
    const auto value = dump_.seen.find("OBSOLETE_BY");
    if (value == dump_.seen.end() || !value->second.contains(0)) return;
    const std::string& by = value->second.at(0);
    if (trimmed(by).empty() || (origin_.semantics == DkmsSemantics::v3_4 && has_maximum())) return;
    const bool obsolete = is_obsolete(by);
    add_rules("OBSOLETE_BY", 0, by, false, !obsolete, exclusion);
    if (obsolete && !exclusion.package) exclusion.package = fmt::format("OBSOLETE_BY is {}", by);
  }

  /// Then OBSOLETE_BY does not count for dkms since 3.1.8.
  [[nodiscard]] bool has_maximum() const {
    const auto maximum = dump_.seen.find("BUILD_EXCLUSIVE_KERNEL_MAX");
    return maximum != dump_.seen.end() &&
           std::ranges::any_of(maximum->second, [](const auto& each) { return !each.second.empty(); });
  }

  [[nodiscard]] bool is_obsolete(const std::string& by) const {
    const std::string release = kernel_.release.str();
    if (origin_.semantics == DkmsSemantics::v3_4) return dkms_version_key(release) > dkms_version_key(by);
    const auto ours = split(release, '-');
    const auto theirs = split(by, '-');
    const std::string here = dkms_version_key(ours[0]);
    const std::string there = dkms_version_key(theirs[0]);
    if (here != there) return here > there;
    if (theirs.size() < 2 || theirs[1].empty()) return true;
    return dkms_version_key(ours.size() < 2 ? "" : ours[1]) >= dkms_version_key(theirs[1]);
  }

  void warn(std::string_view code, std::string message, const std::pair<std::string_view, unsigned>& element, std::string hint) {
    problems_.report({.severity = Severity::warning,
                      .code = code,
                      .message = std::move(message),
                      .where = SourceSpan{origin_.conf, dkms_line_of(conf_, element.first, element.second), 0},
                      .notes = {},
                      .hint = std::move(hint)});
  }

  const DkmsDump& dump_;
  const DkmsOrigin& origin_;
  const DkmsKernel& kernel_;
  std::string_view conf_;
  Diagnostics& problems_;
  std::optional<std::set<std::string, std::less<>>> options_;
};

}  // namespace

std::string dkms_version_key(std::string_view version) {
  constexpr std::size_t kWidth = 3;
  std::string key;
  for (std::size_t at = 0; at < version.size();) {
    std::size_t end = at;
    while (end < version.size() && is_digit(version[end])) ++end;
    if (end > at) {
      key.append(kWidth - std::min(kWidth, end - at), '0').append(version.substr(at, end - at));
      at = end;
    } else {
      if (version[at] != ' ') key += version[at];
      ++at;
    }
  }
  return key;
}

DkmsExclusion dkms_exclusion(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::size_t modules,
                             std::string_view conf, Diagnostics& problems) {
  if (kernel.release.empty()) return {.package = {}, .modules = std::vector<std::optional<std::string>>(modules)};
  return Exclusion(dump, origin, kernel, conf, problems).decide(modules);
}

}  // namespace kmpack
