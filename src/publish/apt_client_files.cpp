#include "publish/apt_client_files.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "publish/apt_names.hpp"
#include "publish/repo_file.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// A file that somebody has edited is not refused for it: all that is wanted is one line.
std::string url_in(std::string_view sources) {
  for (const std::string_view line : split(sources, '\n')) {
    if (!line.starts_with("URIs:")) continue;
    const std::vector<std::string> urls = words(line.substr(5));
    return urls.empty() ? std::string() : urls.front();
  }
  return {};
}

}  // namespace

std::string repository_label(const std::map<std::string, AptSuite>& suites, const fs::path& directory) {
  for (const auto& [name, suite] : suites) {
    if (const std::string label = suite_label(suite, ""); !label.empty()) return label;
  }
  return repository_id(directory.filename().string());
}

std::string suite_label(const AptSuite& suite, const std::string& repository) {
  if (!suite.release) return repository;
  const std::string label = suite.release->label.substr(0, suite.release->label.find('\n'));
  return label.empty() ? repository : label;
}

std::string url_of_before(const std::map<std::string, AptSuite>& suites, const fs::path& directory) {
  for (const auto& [name, suite] : suites) {
    const fs::path file = sources_file_of(directory, suite_label(suite, ""), name);
    if (!fs::is_regular_file(file)) continue;
    const std::string url = url_in(read_file(file));
    if (!url.empty() && !url.starts_with("file:")) return url;
  }
  return {};
}

fs::path sources_file_of(const fs::path& directory, const std::string& label, const std::string& suite) {
  return directory / fmt::format("{}-{}.sources", apt_file_word(label), suite);
}

}  // namespace kmpack
