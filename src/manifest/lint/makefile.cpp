#include "manifest/lint/makefile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "manifest/lint/makefile_text.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack::detail {
namespace {

enum class Stain { running_kernel, fixed_path };

/// Where a value comes from that is only right by luck.
struct Origin {
  Stain stain = Stain::running_kernel;
  std::uint32_t line = 0;
  std::string what;  ///< the variable it first stands in, or the words themselves
};

bool is_word_end(std::string_view text, std::size_t at) {
  return at >= text.size() || !((text[at] >= 'a' && text[at] <= 'z') || (text[at] >= '0' && text[at] <= '9'));
}

bool asks_running_kernel(std::string_view text) {
  for (const std::string_view how : {"uname -r", "uname --kernel-release"}) {
    const std::size_t at = text.find(how);
    if (at != std::string_view::npos && is_word_end(text, at + how.size())) return true;
  }
  return false;
}

/// A place where header trees or dkms's trees lie on machines that have them, from the root: `$(DESTDIR)/lib/modules` is none.
std::optional<std::string_view> fixed_path(std::string_view text) {
  for (const std::string_view path : {"/lib/modules", "/usr/src", "/var/lib/dkms"}) {
    for (std::size_t at = text.find(path); at != std::string_view::npos; at = text.find(path, at + 1)) {
      const char before = at == 0 ? ' ' : text[at - 1];
      const bool rooted = std::string_view(" \t\"'=,:(`").find(before) != std::string_view::npos;
      if (rooted && is_word_end(text, at + path.size())) return path;
      if (before == 'r' && text.substr(0, at).ends_with("/usr")) return path;
    }
  }
  return std::nullopt;
}

std::optional<Origin> origin_in(std::string_view text, std::uint32_t line) {
  if (asks_running_kernel(text)) return Origin{Stain::running_kernel, line, "uname -r"};
  if (const auto path = fixed_path(text)) return Origin{Stain::fixed_path, line, std::string(*path)};
  return std::nullopt;
}

/// Variables that decide what kbuild makes of the sources.
bool steers_kbuild(std::string_view name) {
  constexpr auto kParts =
      std::to_array<std::string_view>({"cflags", "CFLAGS", "NOSTDINC_FLAGS", "LINUXINCLUDE", "ldflags", "EXTRA_SYMBOLS"});
  if (std::ranges::any_of(kParts, [&](std::string_view part) { return name.find(part) != std::string_view::npos; })) return true;
  return name.starts_with("obj-") || name.ends_with("-objs") || name.ends_with("-y") || name.ends_with("-m");
}

class MakefileLint {
 public:
  MakefileLint(const fs::path& file, const MakefileUse& use, Diagnostics& problems)
      : file_(file), use_(use), problems_(problems) {}

  std::vector<SubMake> run(std::string_view text) {
    std::set<std::string> given = use_.given;
    std::set<std::string> empty;
    if (use_.reader == MakefileReader::kbuild) given.insert({"KERNELRELEASE", "srctree", "KBUILD_EXTMOD", "src", "obj"});
    if (!given.contains("KERNELRELEASE") && !use_.environment.contains("KERNELRELEASE")) empty.insert("KERNELRELEASE");
    given_ = given;
    lines_ = make_lines(text, given, empty);
    find_stained_variables();
    if (use_.reader == MakefileReader::kbuild) {
      kbuild_uses();
    } else {
      own_uses();
    }
    return std::move(sub_makes_);
  }

 private:
  [[nodiscard]] bool counts(const MakeLine& assignment) const {
    if (given_.contains(assignment.name)) return false;
    return assignment.how != "?=" || !use_.environment.contains(assignment.name);
  }

  void find_stained_variables() {
    for (const MakeLine& line : lines_) {
      if (line.kind != MakeLineKind::assignment || !counts(line)) continue;
      if (auto origin = origin_in(line.text, line.line)) {
        origin->what = line.name;
        stained_.emplace(line.name, std::move(*origin));
      }
    }
    // What is made of a stained variable is stained; the running kernel weighs more than a path.
    // Chains of variables are short; a Makefile that goes on for ever is nobody's.
    constexpr int kRounds = 20;
    bool changed = true;
    for (int round = 0; changed && round < kRounds; ++round) {
      changed = false;
      for (const MakeLine& line : lines_) {
        if (line.kind != MakeLineKind::assignment || !counts(line)) continue;
        for (const std::string& name : make_references(line.text)) {
          const auto found = stained_.find(name);
          if (found == stained_.end() || found->first == line.name) continue;
          const auto known = stained_.find(line.name);
          const bool worse =
              known != stained_.end() && known->second.stain == Stain::fixed_path && found->second.stain == Stain::running_kernel;
          if (known != stained_.end() && !worse) continue;
          stained_.insert_or_assign(line.name, found->second);
          changed = true;
        }
      }
    }
  }

  /// The worst that a text that is acted upon holds.
  [[nodiscard]] std::optional<Origin> stain_of(std::string_view text, std::uint32_t line) const {
    std::optional<Origin> worst = origin_in(text, line);
    for (const std::string& name : make_references(text)) {
      const auto found = stained_.find(name);
      if (found == stained_.end()) continue;
      if (!worst || (worst->stain == Stain::fixed_path && found->second.stain == Stain::running_kernel)) worst = found->second;
    }
    return worst;
  }

  void use(const MakeLine& line, std::string_view text) {
    if (const auto origin = stain_of(text, line.line)) complain(*origin, line, text);
  }

  static bool includes(const MakeLine& line) {
    return line.kind == MakeLineKind::other && line.text.find("include") != std::string::npos;
  }

  /// Does it matter to the build how a condition turns out? Rules within are no part of it: those that are made are looked at.
  [[nodiscard]] bool decides(const MakeLine& condition) const {
    const auto begin = lines_.begin() + (&condition - lines_.data());
    // A Makefile that ends within a condition is one that make refuses.
    const auto end = condition.end == 0 ? lines_.end() : lines_.begin() + static_cast<std::ptrdiff_t>(condition.end);
    return std::any_of(begin, end, [&](const MakeLine& line) {
      if (includes(line)) return true;
      if (line.kind == MakeLineKind::other && line.text.find("$(error") != std::string::npos) return true;
      if (line.kind != MakeLineKind::assignment || !counts(line)) return false;
      return use_.reader == MakefileReader::own || steers_kbuild(line.name);
    });
  }

  void kbuild_uses() {
    for (const MakeLine& line : lines_) {
      const bool steers = line.kind == MakeLineKind::assignment && steers_kbuild(line.name) && counts(line);
      if (steers || includes(line) || (line.kind == MakeLineKind::condition && stain_of(line.text, line.line) && decides(line)))
        use(line, line.kind == MakeLineKind::assignment ? line.name + " " + line.how + " " + line.text : line.text);
    }
  }

  void own_uses() {
    for (const MakeLine& line : lines_) {
      if (includes(line) || (line.kind == MakeLineKind::condition && stain_of(line.text, line.line) && decides(line)))
        use(line, line.text);
    }
    std::vector<std::string> open = use_.goals;
    if (open.empty()) open = first_targets();
    std::set<std::string> made;
    constexpr std::size_t kMost = 500;
    while (!open.empty() && made.size() < kMost) {
      const std::string target = open.back();
      open.pop_back();
      if (made.insert(target).second) make_target(target, open);
    }
  }

  /// Source:  GNU make manual 2.3: the first target that does not start with a dot (unless it has a slash).
  [[nodiscard]] std::vector<std::string> first_targets() const {
    for (const MakeLine& line : lines_) {
      if (line.kind != MakeLineKind::rule || line.targets.empty()) continue;
      const std::string& first = line.targets.front();
      if (first.starts_with('.') && first.find('/') == std::string::npos) continue;
      return {first};
    }
    return {};
  }

  void make_target(const std::string& target, std::vector<std::string>& open) {
    bool its_recipe = false;
    for (const MakeLine& line : lines_) {
      if (line.kind == MakeLineKind::rule) {
        its_recipe = std::ranges::any_of(line.targets, [&](const std::string& name) { return matches(name, target); });
        if (its_recipe) open.insert(open.end(), line.needs.begin(), line.needs.end());
      } else if (line.kind == MakeLineKind::recipe && its_recipe) {
        recipe(line, open);
      }
    }
  }

  static bool matches(std::string_view name, std::string_view target) {
    // A target that only make can tell may be this one.
    if (name == target || name.find('$') != std::string_view::npos) return true;
    const std::size_t stem = name.find('%');
    return stem != std::string_view::npos && target.starts_with(name.substr(0, stem)) && target.ends_with(name.substr(stem + 1));
  }

  void recipe(const MakeLine& line, std::vector<std::string>& open) {
    use(line, line.text);
    if (line.text.find("$(MAKE)") == std::string::npos && line.text.find("${MAKE}") == std::string::npos) return;
    SubMake below{.directory = {}, .use = use_};
    below.use.reader = MakefileReader::own;
    below.use.goals.clear();
    std::vector<std::string> all = words(line.text);
    for (auto word = all.begin(); word != all.end(); ++word) {
      const std::size_t equals = word->find('=');
      if (*word == "-C" && word + 1 != all.end()) {
        below.directory = *++word;
      } else if (equals != std::string::npos && equals > 0) {
        below.use.given.insert(word->substr(0, equals));
      } else if (word->find_first_of("$-@;&|(\"'") == std::string::npos && word->find("make") == std::string::npos) {
        below.use.goals.push_back(*word);
      }
    }
    if (below.directory.empty()) {
      open.insert(open.end(), below.use.goals.begin(), below.use.goals.end());
    } else if (is_safe_relative(below.directory.lexically_normal()) && below.directory.native().find('$') == std::string::npos) {
      sub_makes_.push_back(std::move(below));
    }
  }

  void complain(const Origin& origin, const MakeLine& where_used, std::string_view used) {
    // The first place is where to begin; the next call finds what is left.
    if (!told_.insert(origin.stain).second) return;
    const bool variable = origin.what != "uname -r" && !origin.what.starts_with('/');
    Diagnostic found{.severity = Severity::warning,
                     .code = "lint-running-kernel",
                     .message = {},
                     .where = SourceSpan{file_, origin.line, 0},
                     .notes = {},
                     .hint = {}};
    if (origin.stain == Stain::running_kernel) {
      found.message = variable ? fmt::format("{} is the release of the running kernel, and the build goes by it", origin.what)
                               : "the build goes by the release of the running kernel";
      found.notes.emplace_back(
          "the kernel that modules are for is seldom the one that runs: in a chroot, in CI, before a reboot");
      found.hint = use_.called_by_kbuild ? "go by KERNELRELEASE, VERSION and PATCHLEVEL: kbuild sets them for the kernel at hand"
                   : variable
                       ? fmt::format("pass it with the make call: {}=…, by ${{kernelver}} or ${{kernel_source_dir}}", origin.what)
                       : "use a variable for it and pass that with the make call, by ${kernelver} or ${kernel_source_dir}";
    } else {
      found.code = "lint-path-fixed";
      found.message =
          fmt::format("the build goes by a path that only some machines have, {}", variable ? "in " + origin.what : origin.what);
      found.notes.emplace_back("header trees and sources lie elsewhere when nothing is installed for the build");
      found.hint = use_.called_by_kbuild ? "go by $(srctree) and $(objtree): kbuild sets them for the kernel at hand"
                   : variable ? fmt::format("pass it with the make call: {}=…, by ${{kernel_source_dir}}", origin.what)
                              : "use a variable for it and pass that with the make call, by ${kernel_source_dir}";
    }
    if (where_used.line != origin.line) {
      constexpr std::size_t kLongest = 100;
      const std::string text = joined(words(used), " ");
      found.notes.push_back(
          fmt::format("line {} goes by it: {}{}", where_used.line, text.substr(0, kLongest), text.size() > kLongest ? "…" : ""));
    }
    problems_.report(std::move(found));
  }

  const fs::path& file_;
  const MakefileUse& use_;
  Diagnostics& problems_;
  std::set<std::string> given_;
  std::vector<MakeLine> lines_;
  std::map<std::string, Origin> stained_;
  std::set<Stain> told_;
  std::vector<SubMake> sub_makes_;
};

}  // namespace

std::vector<SubMake> lint_makefile(std::string_view text, const fs::path& file, const MakefileUse& use, Diagnostics& problems) {
  return MakefileLint(file, use, problems).run(text);
}

}  // namespace kmpack::detail
