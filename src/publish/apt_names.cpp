#include "publish/apt_names.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "kmpack/diagnostic.hpp"
#include "publish/repo_file.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_plain(std::string_view word) { return !word.empty() && apt_file_word(word) == word && word.front() != '.'; }

bool has_version(std::string_view distribution) {
  for (std::size_t dash = distribution.find('-', 1); dash != distribution.npos; dash = distribution.find('-', dash + 1)) {
    if (dash + 1 < distribution.size() && distribution[dash + 1] >= '0' && distribution[dash + 1] <= '9') return true;
  }
  return false;
}

}  // namespace

std::string suite_above(const fs::path& file) {
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  const std::string distribution = folder.parent_path().filename().string();
  const bool is_ours = find_architecture(folder.filename().string()) != nullptr && has_version(distribution);
  return is_ours && is_plain(distribution) ? distribution : "stable";
}

std::string apt_file_word(std::string_view name) { return replaced(repository_id(name), ":", "-"); }

void check_apt_name(const std::string& word, const char* what) {
  if (is_plain(word)) return;
  throw Error({.code = "repository-suite-invalid",
               .message = fmt::format("'{}' cannot be the name of a {}", word, what),
               .where = {},
               .notes = {},
               .hint = "use letters, digits, '-', '_' and '.'"});
}

}  // namespace kmpack
