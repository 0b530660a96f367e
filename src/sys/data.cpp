#include "sys/data.hpp"

#include <system_error>

namespace fs = std::filesystem;

namespace kmpack {

fs::path executable_path() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : path;
}

std::vector<fs::path> data_directories(std::string_view kind) {
  std::error_code error;
  const fs::path installed = executable_path().parent_path().parent_path() / KMPACK_INSTALLED_DATA;
  // An installed kmpack never reads a source tree that happens to be there still.
  const fs::path data = fs::is_directory(installed, error) ? installed : fs::path(KMPACK_SOURCE_DIR);
  const fs::path directory = data / kind;
  if (!fs::is_directory(directory, error)) return {};
  return {directory};
}

}  // namespace kmpack
