#include "verify/relations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"

namespace kmpack {
namespace {

using std::string;
using std::string_view;

constexpr auto kCommonNeeds = std::to_array<string_view>(
    {"kmod", "module-init-tools", "initramfs-tools", "dracut", "linux-initramfs-tool", "linux-base", "dpkg", "rpm", "/bin/sh",
     "sh", "coreutils", "grep", "/usr/sbin/depmod", "/usr/sbin/weak-modules", "suse-kernel-rpm-scriptlets"});

/// Sorts before every version that a package has. Source: deb-version(7): a tilde sorts before the end.
constexpr string_view kOldest = "0~~";

string version_for(const Alternative& wanted) {
  if (wanted.compare.empty()) return "1";
  if (wanted.compare == ">>" || wanted.compare == ">") return wanted.version + "+1";
  if (wanted.compare == "<<" || wanted.compare == "<") return wanted.version + "~";
  return wanted.version;
}

}  // namespace

std::vector<Alternative> parse_alternatives(string_view relation) {
  std::vector<Alternative> found;
  for (const string_view part : split(relation, '|')) {
    string_view text = trimmed(part);
    if (text.empty()) continue;
    auto name_end = std::min(text.find_first_of(" (["), text.size());
    // rpm has names with parentheses, `ksym(default:printk)`; in a deb they hold the comparison.
    const bool part_of_name = text.substr(name_end).starts_with('(') && text.find_first_of("<>=") != name_end + 1;
    if (part_of_name) name_end = std::min(text.find(' ', name_end), text.size());
    Alternative one{.name = string{text.substr(0, name_end)}};
    // `:any` and `:amd64` say for which architecture, not what.
    if (const auto colon = one.name.find(':'); colon != string::npos && one.name.find('(') == string::npos)
      one.name.resize(colon);
    // deb: `name (>= 1)`; rpm: `name >= 1`.
    string_view rest = text.substr(name_end);
    rest = rest.substr(0, rest.find('['));
    const auto open = rest.find_first_of("<>=");
    const auto close = std::min(rest.find(')'), rest.size());
    if (open != string_view::npos && open < close) {
      const string_view version = rest.substr(open, close - open);
      const auto end = std::min(version.find_first_not_of("<>="), version.size());
      one.compare = version.substr(0, end);
      one.version = trimmed(version.substr(end));
    }
    found.push_back(std::move(one));
  }
  return found;
}

bool brings(const PackageContents& package, string_view name) {
  if (package.name == name) return true;
  return std::ranges::any_of(package.provides, [&](const string& text) {
    const auto alternatives = parse_alternatives(text);
    return !alternatives.empty() && alternatives.front().name == name;
  });
}

std::vector<StubPackage> stubs_for(const std::vector<PackageContents>& packages) {
  std::map<string, string> stubs;
  for (const PackageContents& package : packages) {
    for (const string& need : package.needs) {
      const auto alternatives = parse_alternatives(need);
      const bool among_ours = std::ranges::any_of(alternatives, [&](const Alternative& one) {
        return std::ranges::any_of(packages, [&](const PackageContents& other) { return brings(other, one.name); });
      });
      if (alternatives.empty() || among_ours) continue;
      string& version = stubs[alternatives.front().name];
      if (version.empty() || !alternatives.front().compare.empty()) version = version_for(alternatives.front());
    }
  }
  std::vector<StubPackage> result;
  for (auto& [name, version] : stubs) result.push_back(StubPackage{.name = name, .version = version});
  return result;
}

string status_of(const std::vector<StubPackage>& stubs, string_view arch) {
  string status;
  for (const StubPackage& stub : stubs) {
    status += fmt::format(
        "Package: {}\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: nobody <nobody@invalid>\n"
        "Architecture: {}\nMulti-Arch: foreign\nVersion: {}\nDescription: stands for a package of this name\n\n",
        stub.name, arch, stub.version);
  }
  return status;
}

bool is_expected_need(const Alternative& need, string_view release) noexcept {
  if (std::ranges::find(kCommonNeeds, need.name) != kCommonNeeds.end()) return true;
  // Whether the kernel has the symbols is asked of the kernel itself.
  if (need.name.starts_with("ksym(") || need.name.starts_with("kernel(")) return true;
  if (need.name == "kernel-uname-r") return need.version == release;
  return (need.name.starts_with("linux-") || need.name.starts_with("kernel")) && need.name.find(release) != string::npos;
}

string with_older_version(string_view status, const std::vector<string>& names) {
  string result;
  bool ours = false;
  for (const string_view line : split(status, '\n')) {
    if (line.starts_with("Package: ")) ours = std::ranges::find(names, line.substr(9)) != names.end();
    if (ours && line.starts_with("Version: ")) {
      result += fmt::format("Version: {}\n", kOldest);
    } else {
      result += line;
      result += '\n';
    }
  }
  if (!status.empty()) result.pop_back();  // split gives one empty piece after the last newline
  return result;
}

}  // namespace kmpack
