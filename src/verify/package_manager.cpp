#include "verify/package_manager.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "verify/relations.hpp"
#include "verify/userland.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;

constexpr HostProgram kUnshare{.name = "unshare", .package = "util-linux"};
constexpr std::chrono::minutes kLimit{5};

bool works(CommandRunner& runner, const string& program, std::vector<string> arguments, const std::stop_token& stop) {
  if (!find_program(program)) return false;
  const Command command{.program = program, .args = std::move(arguments), .environment = scrubbed_environment(0)};
  return runner.run(command, stop).ok();
}

}  // namespace

RootMeans probe_root_means(CommandRunner& runner, std::stop_token stop) {
  if (::geteuid() == 0 && works(runner, "chroot", {"/", "true"}, stop)) return RootMeans::root;
  if (works(runner, "unshare", {"--map-root-user", "chroot", "/", "true"}, stop)) return RootMeans::namespaces;
  return RootMeans::chrootless;
}

PackageManager::PackageManager(PackageFamily family, fs::path root, RootMeans means, fs::path log, CommandRunner& runner,
                               std::stop_token stop)
    : family_(family), root_(std::move(root)), means_(means), log_(std::move(log)), runner_(runner), stop_(std::move(stop)) {
  const bool deb = family_ == PackageFamily::deb;
  program_ = require_program(deb ? HostProgram{.name = "dpkg", .package = "dpkg"} : HostProgram{.name = "rpm", .package = "rpm"})
                 .string();
  if (!deb && means_ == RootMeans::chrootless) {
    throw Error{
        Diagnostic{.code = "root-unavailable",
                   .message = "rpm needs a root directory of its own, and this machine gives none to this user",
                   .hint = "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1), or run as root"}};
  }
}

std::vector<string> PackageManager::base_arguments() const {
  if (family_ == PackageFamily::rpm) {
    // Our own check of the relations stands for rpm's: its database here has no packages but ours.
    return {"--root", root_.string(), "--dbpath", "/var/lib/rpm", "--nodeps", "--noplugins"};
  }
  std::vector<string> arguments{"--root=" + root_.string(), "--log=" + (root_ / "var/log/dpkg.log").string(),
                                "--force-unsafe-io"};
  if (means_ == RootMeans::chrootless) {
    arguments.emplace_back("--force-not-root");
    arguments.emplace_back("--force-script-chrootless");
  }
  return arguments;
}

Completed PackageManager::run(std::vector<string> arguments) {
  std::vector<string> all = base_arguments();
  std::ranges::move(arguments, std::back_inserter(all));
  Command command{.program = program_, .args = std::move(all), .environment = scrubbed_environment(0), .limit = kLimit};
  if (means_ == RootMeans::namespaces) {
    command.args.insert(command.args.begin(), {"--map-root-user", "--", program_});
    command.program = require_program(kUnshare).string();
  }
  command.environment["DEBIAN_FRONTEND"] = "noninteractive";
  if (!log_.empty()) command.log = log_;
  return runner_.run(command, stop_);
}

Completed PackageManager::install(std::span<const PackageContents> packages) {
  std::vector<string> arguments;
  if (family_ == PackageFamily::deb) {
    arguments = {"--install"};
  } else {
    // The architecture may be another one; signatures of packages are not what is verified here.
    arguments = {"-U", "--force", "--ignorearch", "--ignoreos", "--nosignature"};
  }
  for (const PackageContents& package : packages) arguments.push_back(fs::absolute(package.file).string());
  return run(std::move(arguments));
}

Completed PackageManager::remove(std::span<const PackageContents> packages) {
  const bool deb = family_ == PackageFamily::deb;
  std::vector<string> names;
  for (const PackageContents& package : packages) {
    names.push_back(deb && package.arch != "all" ? package.name + ":" + package.arch : package.name);
  }
  const auto with = [&](const char* action) {
    std::vector<string> arguments{action};
    arguments.insert(arguments.end(), names.begin(), names.end());
    return run(std::move(arguments));
  };
  Completed removed = with(deb ? "--remove" : "-e");
  return deb && removed.ok() ? with("--purge") : removed;
}

void PackageManager::age(std::span<const PackageContents> packages) {
  if (family_ != PackageFamily::deb) return;
  std::vector<string> names;
  for (const PackageContents& package : packages) names.push_back(package.name);
  const fs::path status = root_ / "var/lib/dpkg/status";
  write_file(status, with_older_version(read_file(status), names));
}

}  // namespace kmpack
