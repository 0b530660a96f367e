#include "pipeline/sign_packages.hpp"

#include "sys/epoch.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {

std::optional<OpenPgpKey> find_package_key(const Request& request, const Context& context) {
  if (request.gpg_key.empty()) return std::nullopt;
  return find_openpgp_key(request.gpg_key, context.runner, context.stop);
}

void sign_packages(std::vector<PackageFile>& packages, const OpenPgpKey* key, CommandRunner& runner,
                   const std::stop_token& stop) {
  if (key == nullptr) return;
  std::vector<fs::path> rpms;
  for (const PackageFile& package : packages) {
    if (package.format == Format::rpm) rpms.push_back(package.path);
  }
  sign_rpms(*key, rpms, source_date_epoch_or_default(), runner, stop);
  for (PackageFile& package : packages) {
    if (package.format != Format::rpm) continue;
    package.sha256 = sha256_of_file(package.path);
  }
}

}  // namespace kmpack
