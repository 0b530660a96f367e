#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/flavor.hpp"
#include "sys/process.hpp"
#include "verify/contents.hpp"
#include "verify/install.hpp"

namespace kmpack {

/// The real dpkg or rpm, working in a root of its own.
///
/// Errors:  tool-missing; root-unavailable when rpm cannot have a root here. How the program ended is a value.
class PackageManager {
 public:
  PackageManager(PackageFamily family, std::filesystem::path root, RootMeans means, std::filesystem::path log,
                 CommandRunner& runner, std::stop_token stop);
  /// Install; over an installed version this is an upgrade or reinstallation.
  Completed install(std::span<const PackageContents> packages);
  /// Remove, and with dpkg purge as well.
  Completed remove(std::span<const PackageContents> packages);
  /// Make what is installed look older, so that the next install is an upgrade. Does nothing for rpm, which reinstalls.
  void age(std::span<const PackageContents> packages);

 private:
  Completed run(std::vector<std::string> arguments);
  [[nodiscard]] std::vector<std::string> base_arguments() const;

  PackageFamily family_;
  std::filesystem::path root_;
  RootMeans means_;
  std::filesystem::path log_;
  CommandRunner& runner_;
  std::stop_token stop_;
  std::string program_;
};

}  // namespace kmpack
