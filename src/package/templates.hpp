#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wrap/mustache.hpp"

namespace kmpack {

/// The template files a run uses: the first directory that has one wins, so a user can replace single ones.
class Templates {
 public:
  explicit Templates(std::vector<std::filesystem::path> directories) : directories_(std::move(directories)) {}

  /// `name` as `deb/postinst`. Errors: template-missing, template-invalid, template-unknown-name.
  [[nodiscard]] std::string render(const std::filesystem::path& name, const TemplateValues& values) const;

 private:
  std::vector<std::filesystem::path> directories_;
};

}  // namespace kmpack
