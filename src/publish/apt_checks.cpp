#include "publish/apt_checks.hpp"

#include <fmt/format.h>

#include "kmpack/diagnostic.hpp"
#include "publish/apt_trust.hpp"

namespace fs = std::filesystem;

namespace kmpack {

void refuse_conflict(const std::string& identity, const fs::path& there, const fs::path& other) {
  throw Error({.code = "repository-conflict",
               .message = fmt::format("two different packages are {}", identity),
               .where = {},
               .notes = {there.string(), other.string()},
               .hint = "raise the version of the newer one; distributions whose packages have the same names need repositories "
                       "or components of their own"});
}

void refuse_signed(const fs::path& dist) {
  if (!is_signed_suite(dist)) return;
  throw Error({.code = "repository-signed",
               .message = fmt::format("suite '{}' of {} is signed, and its clients would refuse it unsigned",
                                      dist.filename().string(), dist.parent_path().parent_path().string()),
               .where = {},
               .notes = {},
               .hint = "name its key with --gpg-key, or remove its dists to begin anew"});
}

void refuse_link(const fs::path& dist) {
  if (!fs::is_symlink(dist)) return;
  throw Error({.code = "repository-suite-invalid",
               .message = fmt::format("{} is a link, and no suite of its own", dist.string()),
               .where = {},
               .notes = {},
               .hint = fmt::format("name the suite that it leads to: --suite {}", fs::read_symlink(dist).filename().string())});
}

void refuse_altered(const AptSuite& suite, const std::map<std::string, StockedDeb>& again) {
  for (const auto& [component, stock] : suite.stock) {
    for (const auto& [identity, deb] : stock) {
      if (again.contains(deb.location) || fs::file_size(deb.file) == deb.size) continue;
      throw Error({.code = "repository-damaged",
                   .message = fmt::format("{} is not the file that was published", deb.file.string()),
                   .where = {},
                   .notes = {},
                   .hint = "give the package again, or remove the file to take it out of the repository"});
    }
  }
}

}  // namespace kmpack
