#include "pipeline/output.hpp"

#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void copy_whole(const fs::path& from, const fs::path& to) {
  Staged staged(to);
  clone_file(from, staged.path());
  staged.publish();
}

bool is_same(const PackageFile& package, const fs::path& place) {
  return fs::is_regular_file(place) && fs::file_size(place) == fs::file_size(package.path) &&
         sha256_of_file(place) == package.sha256;
}

/// Small ones: a run of thousands of cells that has nothing to do writes none of them anew.
bool has_same_text(const fs::path& one, const fs::path& other) {
  return fs::is_regular_file(other) && fs::file_size(one) == fs::file_size(other) && read_file(one) == read_file(other);
}

}  // namespace

Output::Output(const fs::path& directory) : directory_(fs::absolute(directory).lexically_normal()) {
  make_directories(directory_ / "logs");
  const TempDir probe(directory_);
}

PackageFile Output::publish(const PackageFile& package, const Cell& cell) const {
  PackageFile published = package;
  published.path = directory_ / cell.kernel->flavor.distribution / cell.kernel->flavor.arch / package.path.filename();
  if (!is_same(package, published.path)) copy_whole(package.path, published.path);
  return published;
}

fs::path Output::publish_log(const fs::path& log, const Cell& cell) const {
  if (!fs::is_regular_file(log)) return {};
  fs::path place = directory_ / "logs" / (cell.key() + ".log");
  if (!has_same_text(log, place)) copy_whole(log, place);
  return place;
}

}  // namespace kmpack
