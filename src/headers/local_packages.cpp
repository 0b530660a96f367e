#include "headers/local_packages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "headers/archive_kernels.hpp"
#include "headers/kernel_records.hpp"
#include "headers/rpm_kernels.hpp"
#include "wrap/archive.hpp"
#include "wrap/deb.hpp"
#include "wrap/digest.hpp"
#include "wrap/download.hpp"
#include "wrap/rpm.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

RpmPackage rpm_of(const fs::path& file) {
  RpmHeader header = read_rpm_header(file);
  return {.facts = {.name = std::move(header.name),
                    .arch = std::move(header.arch),
                    .epoch = std::move(header.epoch),
                    .version = std::move(header.version),
                    .release = std::move(header.release),
                    .digest = sha256_of_file(file),
                    .size = fs::file_size(file),
                    .requires_ = std::move(header.requires_)},
          .url = file_url(fs::canonical(file))};
}

/// Only what an archive's list would say of it: headers are big.
AptPackage deb_of(const fs::path& file) {
  constexpr std::uint64_t kLimit = 1U << 20U;
  std::string control;
  read_archive(ArchiveSource(file, "control.tar"), [&](const ArchiveMember& member, MemberData& data) {
    if (member.name == "./control" || member.name == "control") control = data.all(kLimit);
  });
  const std::vector<Deb822Paragraph> paragraphs = parse_deb822(control, file.string());
  const auto field = [&](const char* name) {
    return paragraphs.empty() ? std::string() : std::string(paragraphs[0].field(name));
  };
  AptPackage package{.name = field("Package"),
                     .version = field("Version"),
                     .arch = field("Architecture"),
                     .depends = field("Depends"),
                     .url = file_url(fs::canonical(file)),
                     .sha256 = sha256_of_file(file),
                     .size = fs::file_size(file)};
  if (package.name.empty() || package.version.empty() || package.arch.empty()) {
    throw Error({.code = "deb-unreadable",
                 .message = fmt::format("{} does not say its name, version and architecture", file.string()),
                 .where = {},
                 .notes = {},
                 .hint = "give a .deb as dpkg-deb makes them"});
  }
  return package;
}

bool is_asked(std::string_view distribution, std::span<const FlavorPattern> wanted) {
  return wanted.empty() || std::ranges::any_of(wanted, [&](const FlavorPattern& pattern) {
           return glob_matches(pattern.distribution, distribution);
         });
}

/// The release whose whole tree is in a headers package that no catalogue knows; nothing when there is none.
///
/// Source:  linux scripts/package/builddeb: linux-headers-<KERNELRELEASE>, usr/src/linux-headers-<KERNELRELEASE>.
std::optional<std::string> whole_tree_in(const fs::path& file, const AptPackage& package) {
  constexpr std::string_view kPrefix = "linux-headers-";
  if (!package.name.starts_with(kPrefix)) return std::nullopt;
  const std::string release = package.name.substr(kPrefix.size());
  const std::string tree = "usr/src/" + package.name + "/";
  bool symvers = false;
  bool says_so = false;
  read_archive(ArchiveSource(file, "data.tar"), [&](const ArchiveMember& member, MemberData& data) {
    std::string_view name = member.name;
    if (name.starts_with("./")) name.remove_prefix(2);
    if (name == tree + "Module.symvers") symvers = true;
    if (name == tree + "include/generated/utsrelease.h")
      says_so = data.all(1U << 16U).find("UTS_RELEASE \"" + release + "\"") != std::string::npos;
  });
  return symvers && says_so ? std::optional(release) : std::nullopt;
}

class LocalPackages {
 public:
  LocalPackages(std::span<const Catalogue> catalogues, std::span<const FlavorPattern> wanted, Diagnostics& problems)
      : catalogues_(catalogues), wanted_(wanted), problems_(problems) {}

  void read(const fs::path& file) {
    try {
      if (file.extension() == ".deb") {
        debs_.push_back(deb_of(file));
        deb_files_.push_back(file);
      } else {
        rpms_.push_back(rpm_of(file));
      }
    } catch (const Error& error) {
      problems_.report(error.diagnostic());
    }
  }

  Kernels kernels() {
    for (const Catalogue& catalogue : catalogues_) {
      if (!is_asked(catalogue.id, wanted_)) continue;
      if (catalogue.rules.family == PackageFamily::rpm) {
        take_rpms(catalogue);
      } else {
        take_debs(catalogue);
      }
    }
    // What a catalogue knows and lacks a part of is not whole.
    for (std::size_t i = 0; i < debs_.size() && incomplete_.empty(); ++i) {
      if (!used_.contains(debs_[i].sha256) && is_asked(kGivenDistribution, wanted_)) take_whole(deb_files_[i], debs_[i]);
    }
    report_foreign();
    return std::move(all_);
  }

 private:
  /// SLE and Leap share kernels: the first that knows it has it. Its parts may serve others of the same distribution.
  void take(const std::shared_ptr<const Kernel>& kernel) {
    if (!used_.insert("headers " + kernel->packages.front().sha256).second) return;
    for (const ArchivePackage& package : kernel->packages) used_.insert(package.sha256);
    all_.push_back(kernel);
  }

  void incomplete(const std::string& headers, const std::string& part) {
    if (!incomplete_.insert(headers).second) return;
    problems_.report({.code = "headers-unusable",
                      .message = fmt::format("{} needs {}, which is not among the packages given", headers, part),
                      .where = {},
                      .notes = {},
                      .hint = "name that package with --package, too"});
  }

  void take_rpms(const Catalogue& catalogue) {
    const RpmKernels found = rpm_kernels(rpms_, catalogue);
    for (const auto& kernel : found.kernels) take(kernel);
    for (const IncompleteKernel& kernel : found.incomplete) incomplete(kernel.headers, kernel.part);
  }

  void take_debs(const Catalogue& catalogue) {
    const ArchiveKernels found = archive_kernels(debs_, {&catalogue, 1});
    for (const auto& kernel : found.kernels) take(kernel);
    for (const IncompleteArchiveKernel& kernel : found.incomplete) {
      const ArchivePackage& headers = kernel.kernel.packages.front();
      if (!used_.contains("headers " + headers.sha256)) incomplete(headers.name + " " + headers.version, kernel.part);
    }
  }

  void take_whole(const fs::path& file, const AptPackage& package) {
    const auto release = whole_tree_in(file, package);
    if (!release) return;
    Kernel kernel{.flavor = {std::string(kGivenDistribution), *release, package.arch},
                  .series = {},
                  .release = KernelRelease(*release),
                  .package_version = package.version,
                  .origin = HeadersOrigin::apt};
    kernel.packages.push_back({.role = ArchiveRole::headers,
                               .name = package.name,
                               .version = package.version,
                               .arch = package.arch,
                               .url = package.url,
                               .sha256 = package.sha256,
                               .size = package.size});
    take(std::make_shared<const Kernel>(std::move(kernel)));
  }

  void report_foreign() {
    if (!incomplete_.empty()) return;
    for (const RpmPackage& package : rpms_) {
      if (!used_.contains(package.facts.digest))
        foreign(fmt::format("{} {} for {}", package.facts.name, version_text(package.facts), package.facts.arch), package.url);
    }
    for (const AptPackage& package : debs_) {
      if (!used_.contains(package.sha256))
        foreign(fmt::format("{} {} for {}", package.name, package.version, package.arch), package.url);
    }
  }

  void foreign(const std::string& package, const std::string& url) {
    problems_.report(
        {.code = "package-foreign",
         .message = fmt::format("{} holds the headers of no kernel that {} knows", package,
                                wanted_.empty() ? "a catalogue" : "a catalogue that the patterns mean"),
         .where = {},
         .notes = {url},
         .hint = "kmpack takes packages like kernel-devel, kernel-default-devel and linux-headers-*; docs/flavors.md says how to "
                 "describe others"});
  }

  std::span<const Catalogue> catalogues_;
  std::span<const FlavorPattern> wanted_;
  Diagnostics& problems_;
  std::vector<RpmPackage> rpms_;
  std::vector<AptPackage> debs_;
  std::vector<fs::path> deb_files_;  ///< of debs_
  Kernels all_;
  std::set<std::string> used_;
  std::set<std::string> incomplete_;
};

}  // namespace

Kernels local_kernels(std::span<const fs::path> files, std::span<const Catalogue> catalogues,
                      std::span<const FlavorPattern> wanted, Diagnostics& problems) {
  LocalPackages packages(catalogues, wanted, problems);
  for (const fs::path& file : files) packages.read(file);
  return packages.kernels();
}

}  // namespace kmpack
