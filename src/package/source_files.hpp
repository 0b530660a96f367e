#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kmpack {

/// A file that a source package carries beside its spec: one of the user, or bytes of our own.
struct SourceFile {
  std::string name;  ///< plain: letters, digits and `._+-`; unique
  std::filesystem::path file;
  std::string content;  ///< when there is no file
};

/// The files of a source package, each under a name of its own.
class SourceFiles {
 public:
  /// Its name in the source package. The same file gets the same name again.
  ///
  /// Errors: package-name-invalid for a name of which nothing usable is left.
  std::string add(const std::filesystem::path& file);
  std::string add(std::string_view name, std::string content);

  [[nodiscard]] const std::vector<SourceFile>& all() const noexcept { return files_; }

 private:
  std::string free_name(std::string_view wanted) const;

  std::vector<SourceFile> files_;
};

}  // namespace kmpack
