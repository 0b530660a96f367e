#include "verify/package_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "verify/in_tree.hpp"
#include "verify/relation_rules.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

constexpr unsigned kSpecialBits = 07000;

bool is_module(const ContentEntry& entry) {
  return entry.type == ContentType::file && is_module_file(entry.path.filename().string());
}

/// Names the first few of what is wrong.
string some(const std::vector<string>& all) {
  constexpr std::size_t kShown = 3;
  const std::vector<string> shown(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, all.size())));
  return joined(shown, ", ") + (all.size() > kShown ? fmt::format(" and {} more", all.size() - kShown) : string{});
}

class Rules {
 public:
  Rules(const PackageContents& contents, const VerifyExpectation& expectation, VerifyReport& report)
      : contents_(contents), expectation_(expectation), report_(report) {}

  void architecture();
  KernelRelease release();
  void places(const KernelRelease& release);
  void names(const KernelRelease& release);
  void entries();

 private:
  void judge(string name, string_view code, const std::vector<string>& wrong, string_view what, string hint);

  const PackageContents& contents_;
  const VerifyExpectation& expectation_;
  VerifyReport& report_;
};

void Rules::judge(string name, string_view code, const std::vector<string>& wrong, string_view what, string hint) {
  if (wrong.empty()) return report_.pass(std::move(name), "");
  report_.fail(std::move(name),
               Diagnostic{.code = code,
                          .message = fmt::format("{}: {}: {}", contents_.file.filename().string(), what, some(wrong)),
                          .hint = std::move(hint)});
}

void Rules::architecture() {
  const bool common = contents_.arch == "all" || contents_.arch == "noarch";
  const bool has_modules = std::ranges::any_of(contents_.entries, is_module);
  std::vector<string> wrong;
  if (common && has_modules) wrong.push_back(contents_.arch + ", with modules in it");
  if (!common && find_architecture(contents_.arch) == nullptr) wrong.push_back(contents_.arch);
  if (!common && wrong.empty() && expectation_.kernel != nullptr) {
    const Architecture* const wanted = find_architecture(expectation_.kernel->flavor.arch);
    if (wanted != nullptr && wanted != find_architecture(contents_.arch)) {
      wrong.push_back(fmt::format("{}, the kernel is for {}", contents_.arch, expectation_.kernel->flavor.arch));
    }
  }
  judge("architecture", "package-architecture", wrong, "wrong architecture",
        "build the package for the architecture of its kernel");
}

KernelRelease Rules::release() {
  std::set<KernelRelease> releases;
  std::vector<string> elsewhere;
  for (const ContentEntry& entry : contents_.entries) {
    if (!is_module(entry)) continue;
    if (auto release = release_of(entry.path)) {
      releases.insert(*release);
    } else {
      elsewhere.push_back(entry.path.string());
    }
  }
  judge("module-places", "package-module-misplaced", elsewhere, "modules outside of /lib/modules/<release>",
        "no kernel looks there; check the catalogue's modules root");
  std::vector<string> wrong;
  if (releases.size() > 1) {
    for (const KernelRelease& release : releases) wrong.push_back(release.str());
  } else if (releases.size() == 1 && expectation_.kernel != nullptr && *releases.begin() != expectation_.kernel->release) {
    wrong.push_back(fmt::format("{} where {} was wanted", releases.begin()->str(), expectation_.kernel->release.str()));
  }
  judge("release", "package-release", wrong, "modules for another kernel", "one package holds the modules of one kernel");
  return releases.empty() ? KernelRelease{} : *releases.begin();
}

void Rules::places(const KernelRelease& release) {
  std::vector<string> in_tree;
  std::vector<string> outside;
  const InstallRules* const rules = expectation_.kernel == nullptr ? nullptr : &expectation_.kernel->rules;
  for (const ContentEntry& entry : contents_.entries) {
    const auto found = release_of(entry.path);
    if (!found) continue;
    const string text = entry.path.string();
    const auto below = text.find("/modules/" + found->str()) + 9 + found->str().size();
    const string_view rest = string_view{text}.substr(below);
    const bool file = entry.type != ContentType::directory;
    // Also the lists depmod makes there belong to the kernel.
    if (rest.starts_with("/kernel/") || (file && rest.starts_with("/modules."))) in_tree.push_back(text);
    if (is_module(entry) && rules != nullptr && !text.starts_with((rules->modules_root / release.str()).string() + "/")) {
      outside.push_back(text);
    }
  }
  judge("no-kernel-files", "package-overwrites-kernel", in_tree, "files that belong to the kernel's own package",
        "modules go below updates/ or extra/, never below kernel/");
  judge("modules-root", "package-module-misplaced", outside, "modules outside of the distribution's modules root",
        "build the package with the catalogue of its distribution");
}

void Rules::names(const KernelRelease& release) {
  std::vector<string> wrong;
  if (contents_.name.empty() || contents_.version.empty()) wrong.push_back("no name or version");
  std::set<string> keys;
  for (const ContentEntry& entry : contents_.entries) {
    if (is_module(entry) && !keys.insert(module_key(entry.path.filename().string())).second) {
      wrong.push_back(fmt::format("the module {} twice", module_key(entry.path.filename().string())));
    }
  }
  // Packages of two kernels must not be one package to the package manager.
  if (!release.empty() && contents_.family == PackageFamily::deb &&
      contents_.name.find(replaced(release.str(), "_", "-")) == string::npos) {
    wrong.push_back(fmt::format("{} does not name its kernel {}", contents_.name, release.str()));
  }
  judge("names", "package-name", wrong, "wrong names", "build the package again");
}

void Rules::entries() {
  std::vector<string> special;
  std::vector<string> links;
  std::vector<string> owners;
  for (const ContentEntry& entry : contents_.entries) {
    const string text = entry.path.string();
    if (entry.type == ContentType::other || (entry.mode & kSpecialBits) != 0) special.push_back(text);
    if (entry.type != ContentType::symlink && (entry.mode & 0022U) != 0) special.push_back(text + " (writable for others)");
    if (!is_safe_path(entry.path)) links.push_back(text);
    if (entry.type == ContentType::symlink && !link_stays(entry.path, entry.link)) links.push_back(text + " -> " + entry.link);
    if (entry.owner != "root" || entry.group != "root")
      owners.push_back(fmt::format("{} ({}:{})", text, entry.owner, entry.group));
  }
  judge("file-types", "package-special-file", special, "files that a module package must not have",
        "only plain files, directories and links, without setuid, setgid and sticky bits");
  judge("paths", "package-path-escapes", links, "paths that leave the package's root", "use relative links within the package");
  judge("owners", "package-owner", owners, "files that do not belong to root", "build the package again");
}

}  // namespace

KernelRelease check_contents(const PackageContents& contents, const VerifyExpectation& expectation, VerifyReport& report) {
  Rules rules{contents, expectation, report};
  KernelRelease release = rules.release();
  // Where modules of a wrong kernel lie, and what they need, says nothing more.
  const bool settled = report.problems.ok();
  rules.architecture();
  rules.entries();
  if (!settled) return release;
  rules.names(release);
  rules.places(release);
  check_relations(contents, expectation, release, report);
  return release;
}

}  // namespace kmpack
