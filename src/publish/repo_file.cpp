#include "publish/repo_file.hpp"

#include <fmt/format.h>

namespace kmpack {
namespace {

// Not isalnum(): what is a letter must not depend on a locale.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::string repository_id(std::string_view name) {
  std::string id;
  for (const char c : name) id += is_plain(c) || c == ':' ? c : '-';
  return id.empty() ? "kmpack" : id;
}

std::string repo_file_text(const std::string& id, std::string url, Checked checked) {
  while (url.ends_with('/')) url.pop_back();
  const int check = checked == Checked::yes ? 1 : 0;
  std::string text =
      fmt::format("[{}]\nname={}\nbaseurl={}\nenabled=1\ngpgcheck={}\nrepo_gpgcheck={}\n", id, id, url, check, check);
  if (checked == Checked::yes) text += fmt::format("gpgkey={}/repodata/repomd.xml.key\n", url);
  return text;
}

}  // namespace kmpack
