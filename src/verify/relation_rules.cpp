#include "verify/relation_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace kmpack {
namespace {

using std::string;
using std::string_view;

class RelationRules {
 public:
  RelationRules(const PackageContents& contents, const VerifyExpectation& expectation, VerifyReport& report)
      : contents_(contents), expectation_(expectation), report_(report) {}

  void relations(const KernelRelease& release);
  void scripts(const KernelRelease& release);
  void overrides();

 private:
  void judge(string name, string_view code, const std::vector<string>& wrong, string_view what);
  [[nodiscard]] bool is_tied_to(const KernelRelease& release) const;
  [[nodiscard]] bool names_kernel_package(string_view need, const KernelRelease& release) const;
  [[nodiscard]] bool needs_depmod() const;
  [[nodiscard]] std::vector<string> script_texts(string_view what, std::vector<string>& wrong) const;

  const PackageContents& contents_;
  const VerifyExpectation& expectation_;
  VerifyReport& report_;
};

void RelationRules::judge(string name, string_view code, const std::vector<string>& wrong, string_view what) {
  if (wrong.empty()) return report_.pass(std::move(name), "");
  report_.fail(std::move(name),
               Diagnostic{.code = code,
                          .message = fmt::format("{}: {}: {}", contents_.file.filename().string(), what, joined(wrong, ", ")),
                          .hint = "build the package again"});
}

bool RelationRules::is_tied_to(const KernelRelease& release) const {
  std::vector<string> ties;
  if (expectation_.kernel != nullptr && contents_.family == expectation_.kernel->rules.family) {
    for (const string& image : expectation_.kernel->rules.image_packages)
      ties.push_back(replaced(image, "{release}", release.str()));
  }
  // For a kernel that no catalogue of debs knows there is no deb to name.
  if (ties.empty() && contents_.family == PackageFamily::deb && expectation_.kernel != nullptr) return true;
  if (ties.empty()) ties.push_back(release.str());
  const auto names_kernel = [&](const string& need) {
    return std::ranges::any_of(ties, [&](const string& tie) { return need.find(tie) != string::npos; });
  };
  // The symbols of a kernel tie a package to all kernels that have them. Source: facts suse.md section 2, redhat.md section 1.5.
  const auto names_symbol = [&](const string& need) {
    return contents_.family == PackageFamily::rpm && (need.starts_with("ksym(") || need.starts_with("kernel("));
  };
  return std::ranges::any_of(contents_.needs, [&](const string& need) {
    return names_kernel(need) || names_symbol(need) || names_kernel_package(need, release);
  });
}

/// The kernel's own rpm with its version: `(kernel = 5.14.0-427.el9 if kernel)` has no architecture, SUSE's range no flavor.
///
/// Source:  facts redhat.md section 1.8, suse.md section 1.5.
bool RelationRules::names_kernel_package(string_view need, const KernelRelease& release) const {
  if (expectation_.kernel == nullptr || contents_.family != PackageFamily::rpm) return false;
  const RpmRules& rules = expectation_.kernel->rules.rpm;
  const string& version = expectation_.kernel->package_version;
  if (rules.kernel.empty() || need.find(rules.kernel + " ") == string_view::npos) return false;
  string_view base = release.str();
  if (base.ends_with(rules.suffix)) base.remove_suffix(rules.suffix.size());
  return need.find(base) != string_view::npos || (!version.empty() && need.find(version) != string_view::npos);
}

/// What brings depmod: a package, a file, or SUSE's scriptlets, whose package needs it.
bool RelationRules::needs_depmod() const {
  constexpr std::array<string_view, 3> kBringers{"kmod", "depmod", "suse-kernel-rpm-scriptlets"};
  return std::ranges::any_of(contents_.needs, [&](const string& need) {
    return std::ranges::any_of(kBringers, [&](string_view one) { return need.find(one) != string::npos; });
  });
}

void RelationRules::relations(const KernelRelease& release) {
  std::vector<string> wrong;
  if (!is_tied_to(release)) wrong.push_back(fmt::format("nothing ties it to the kernel {}", release.str()));
  if (!needs_depmod()) wrong.push_back("it runs depmod and does not need kmod");
  judge("relations", "package-relation-missing", wrong, "relations are missing");
}

/// The scripts that run when the package comes (`what` is "post") or has gone ("postun"), each whole. An rpm may leave the work
/// to the end of the transaction.
std::vector<string> RelationRules::script_texts(string_view what, std::vector<string>& wrong) const {
  const bool deb = contents_.family == PackageFamily::deb;
  const string name = deb ? (what == "post" ? "postinst" : "postrm") : string(what);
  const auto script = contents_.scripts.find(name);
  if (script == contents_.scripts.end()) {
    wrong.push_back(fmt::format("no {}", name));
    return {};
  }
  std::vector<string> texts{script->second};
  if (const auto last = contents_.scripts.find("posttrans"); last != contents_.scripts.end() && what == "post") {
    texts.push_back(last->second);
  }
  return texts;
}

void RelationRules::scripts(const KernelRelease& release) {
  std::vector<string> wrong;
  for (const char* const name : {"post", "postun"}) {
    const std::vector<string> texts = script_texts(name, wrong);
    if (texts.empty()) continue;
    const auto has = [&](string_view word) {
      return std::ranges::any_of(texts, [&](const string& text) { return text.find(word) != string::npos; });
    };
    if (!has("depmod") || !has(release.str())) wrong.push_back(fmt::format("{} does not run depmod for {}", name, release.str()));
    // depmod leaves ten stray files where the kernel is gone. Source: measured with kmod 30.
    if (!has("modules.builtin") && !has("modules.order") && !has("modules.dep")) {
      wrong.push_back(fmt::format("{} does not ask whether the kernel is there", name));
    }
  }
  judge("scripts", "package-script", wrong, "the scripts are not those of a module package");
}

/// Where the distribution's depmod prefers weak-updates over extra, each module needs a line that says otherwise.
///
/// Source:  facts redhat.md section 1.4.
void RelationRules::overrides() {
  const bool wanted = contents_.family == PackageFamily::rpm && expectation_.kernel != nullptr &&
                      expectation_.kernel->rules.rpm.style == RpmStyle::kmod;
  if (!wanted) return;
  const bool there = std::ranges::any_of(contents_.entries, [](const ContentEntry& entry) {
    return entry.type == ContentType::file && entry.path.parent_path() == "/etc/depmod.d";
  });
  judge("overrides", "package-relation-missing", there ? std::vector<string>{} : std::vector<string>{"no file in /etc/depmod.d"},
        "depmod would take the kernel's own module");
}

}  // namespace

void check_relations(const PackageContents& contents, const VerifyExpectation& expectation, const KernelRelease& release,
                     VerifyReport& report) {
  if (release.empty()) return;
  RelationRules rules{contents, expectation, report};
  rules.relations(release);
  rules.scripts(release);
  rules.overrides();
}

}  // namespace kmpack
