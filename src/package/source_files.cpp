#include "package/source_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "package/naming.hpp"

namespace fs = std::filesystem;

namespace kmpack {

std::string SourceFiles::free_name(std::string_view wanted) const {
  const std::string plain = rpm_name(wanted);
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::find(files_, name, &SourceFile::name) != files_.end();
  };
  std::string name = plain;
  for (int number = 2; is_taken(name); ++number) name = fmt::format("{}-{}", number, plain);
  return name;
}

std::string SourceFiles::add(const fs::path& file) {
  const auto known = std::ranges::find(files_, file, &SourceFile::file);
  if (known != files_.end()) return known->name;
  files_.push_back({.name = free_name(file.filename().native()), .file = file});
  return files_.back().name;
}

std::string SourceFiles::add(std::string_view name, std::string content) {
  for (const SourceFile& known : files_) {
    if (known.file.empty() && known.content == content && known.name.ends_with(rpm_name(name))) return known.name;
  }
  files_.push_back({.name = free_name(name), .content = std::move(content)});
  return files_.back().name;
}

}  // namespace kmpack
