#include "wrap/rpm_md.hpp"

#include <fmt/format.h>
#include <rpm/rpmver.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "wrap/xml.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

[[noreturn]] void invalid(const fs::path& file, std::string_view why) {
  throw Error({.code = "rpm-md-invalid",
               .message = fmt::format("{} is no repository metadata: {}", file.filename().string(), why),
               .where = {},
               .notes = {},
               .hint = "try again later, or another mirror"});
}

XmlElement xml_of(std::string_view text, const fs::path& file) {
  Diagnostics problems;
  auto root = parse_xml(text, file, problems);
  if (!root) invalid(file, problems.all().empty() ? "it cannot be read" : problems.all().front().message);
  return std::move(*root);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string text_of(const XmlElement& element, std::string_view child) {
  const XmlElement* const found = element.child(child);
  return found == nullptr ? std::string() : std::string(trimmed(found->text));
}

std::string attribute_of(const XmlElement& element, std::string_view name) {
  const std::string* const found = element.attribute(name);
  return found == nullptr ? std::string() : *found;
}

/// Every `<url>` below, with those that only programs of rsync and ftp read left out.
void collect_urls(const XmlElement& element, std::vector<std::string>& mirrors) {
  for (const XmlElement& child : element.children) {
    if (child.name == "url") {
      std::string url(trimmed(child.text));
      constexpr std::string_view kFile = "repodata/repomd.xml";
      if (url.ends_with(kFile)) mirrors.push_back(url.substr(0, url.size() - kFile.size()));
    }
    collect_urls(child, mirrors);
  }
}

bool is_usable(const std::string& url) {
  return url.starts_with("https://") || url.starts_with("http://") || url.starts_with("file:/");
}

}  // namespace

std::vector<RpmMdFile> parse_repomd(std::string_view text, const fs::path& file) {
  const XmlElement root = xml_of(text, file);
  if (root.name != "repomd") invalid(file, fmt::format("its root is <{}>", root.name));
  std::vector<RpmMdFile> files;
  for (const XmlElement& data : root.children) {
    const XmlElement* const checksum = data.child("checksum");
    const XmlElement* const location = data.child("location");
    if (data.name != "data" || checksum == nullptr || location == nullptr) continue;
    const std::string type = attribute_of(*checksum, "type");
    const std::string digest(trimmed(checksum->text));
    const bool strong = (type == "sha256" && digest.size() == 64) || (type == "sha512" && digest.size() == 128);
    if (!strong) continue;
    files.push_back({.type = attribute_of(data, "type"),
                     .location = attribute_of(*location, "href"),
                     .digest = digest,
                     .size = number(text_of(data, "size"))});
  }
  return files;
}

std::vector<std::string> parse_mirrors(std::string_view text, const fs::path& file) {
  std::vector<std::string> mirrors;
  if (trimmed(text).starts_with('<')) {
    collect_urls(xml_of(text, file), mirrors);
  } else {
    for (const std::string_view line : split(text, '\n')) mirrors.emplace_back(trimmed(line));
  }
  std::erase_if(mirrors, [](const std::string& url) { return !is_usable(url); });
  return mirrors;
}

int compare_rpm_versions(const RpmMdPackage& left, const RpmMdPackage& right) {
  const auto epoch = [](const RpmMdPackage& package) { return package.epoch.empty() ? "0" : package.epoch.c_str(); };
  if (const int order = rpmvercmp(epoch(left), epoch(right)); order != 0) return order;
  if (const int order = rpmvercmp(left.version.c_str(), right.version.c_str()); order != 0) return order;
  return rpmvercmp(left.release.c_str(), right.release.c_str());
}

}  // namespace kmpack
