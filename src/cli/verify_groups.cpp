#include "cli/verify_groups.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "headers/busybox.hpp"
#include "headers/config.hpp"
#include "headers/kernel_records.hpp"
#include "headers/store.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"
#include "sys/pool.hpp"
#include "verify/bare_image.hpp"
#include "verify/install.hpp"
#include "verify/package.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class Verifier {
 public:
  Verifier(const Work& work, const PackageGroups& groups, const KernelView& view)
      : work_(work), groups_(groups), view_(view), logs_(fs::absolute(work.options.verify.log_directory)) {
    make_directories(logs_);
  }

  VerifiedKernel verify(const PackageGroup& group) const;
  void boot(const PackageGroup& group, VerifiedKernel& verified) const;
  VerifiedKernel verify_others() const;

 private:
  const Kernel* kernel_of(const KernelRelease& release) const;
  VerifyReport contents(const PackageContents& package, const Kernel* kernel) const;
  VerifyReport installation(const PackageContents& package, const PackageGroup& group, const Kernel& kernel) const;
  ImageTree image_beside(const Kernel& kernel, const fs::path& stand_in) const;

  const Work& work_;
  const PackageGroups& groups_;
  const KernelView& view_;
  fs::path logs_;
};

const Kernel* Verifier::kernel_of(const KernelRelease& release) const {
  const auto found = std::ranges::find_if(view_.kernels, [&](const auto& kernel) { return kernel->release == release; });
  return found == view_.kernels.end() ? nullptr : found->get();
}

VerifyReport Verifier::contents(const PackageContents& package, const Kernel* kernel) const {
  const VerifyOptions& wanted = work_.options.verify;
  const auto config = kernel == nullptr ? std::nullopt : kernel_config(view_.sources, *kernel);
  // Only packages that hold modules of another kernel are asked about its symbols.
  std::optional<HeaderTree> headers;
  if (!package.built_for.empty() && kernel != nullptr && has_headers(view_.sources, *kernel)) {
    headers = open_headers(view_.sources, *kernel);
  }
  return verify_package(package.file,
                        {.kernel = kernel,
                         .config = config ? &*config : nullptr,
                         .headers = headers ? &*headers : nullptr,
                         .certificate = work_.options.certificate,
                         .signatures = wanted.unsigned_ok == Wish::yes ? Signatures::optional : Signatures::required},
                        work_.stop);
}

bool has_image_package(const Kernel& kernel) {
  return std::ranges::any_of(kernel.packages, [](const ArchivePackage& package) { return package.role == ArchiveRole::image; });
}

Diagnostic kernel_assumed(const Kernel& kernel) {
  return {.severity = Severity::warning,
          .code = "kernel-assumed",
          .message = "no image package of " + kernel.id() + " is known: its packages were tried beside a kernel without modules",
          .where = {},
          .notes = {},
          .hint = "nothing to do, unless the kernel has modules of the same names"};
}

/// Repositories of rpm distributions are read for headers only; some archives of debs have no image that is whole, and none has
/// that of a kernel somebody made. Where nothing is known but what is installed here, metadata may still tell of an image.
bool may_assume(const Kernel& kernel) {
  if (has_image_package(kernel)) return false;
  return kernel.rules.family == PackageFamily::rpm || kernel.flavor.distribution == kGivenDistribution ||
         !kernel.packages.empty();
}

ImageTree Verifier::image_beside(const Kernel& kernel, const fs::path& stand_in) const {
  if (may_assume(kernel)) return bare_image(kernel, stand_in);
  return open_image(view_.sources, kernel, errands_of(work_));
}

VerifyReport Verifier::installation(const PackageContents& package, const PackageGroup& group, const Kernel& kernel) const {
  VerifyReport report;
  report.packages = installation_of(package, group.packages, groups_.others);
  report.release = kernel.release;
  try {
    const TempDir stand_in;
    const ImageTree image = image_beside(kernel, stand_in.path());
    InstallSettings settings;
    settings.log =
        logs_ / (package.name + "_" + kernel.release.str() + (package.family == PackageFamily::deb ? ".deb" : ".rpm") + ".log");
    if (has_headers(view_.sources, kernel)) settings.symvers = open_headers(view_.sources, kernel).symvers;
    report = verify_installation(report.packages, kernel.release, image, settings, work_.runner, work_.stop);
    if (may_assume(kernel)) report.problems.report(kernel_assumed(kernel));
    return report;
  } catch (const Error& error) {
    report.fail("installation", error.diagnostic());
  }
  return report;
}

VerifiedKernel Verifier::verify(const PackageGroup& group) const {
  const Kernel* kernel = kernel_of(group.release);
  VerifiedKernel verified;
  verified.id = kernel == nullptr ? group.release.str() : kernel->id();
  for (const PackageContents& package : group.packages) {
    work_.console.say("verifying " + package.file.filename().string());
    verified.reports.push_back(contents(package, kernel));
    if (kernel != nullptr) verified.reports.push_back(installation(package, group, *kernel));
  }
  if (kernel == nullptr) {
    VerifyReport report;
    report.release = group.release;
    report.fail("kernel",
                Diagnostic{.code = "verify-kernel-unknown",
                           .message = "no kernel " + group.release.str() + " is known to install the packages beside",
                           .where = {},
                           .notes = {},
                           .hint = "'kmpack flavors' lists the kernels known, 'kmpack flavors fetch' asks the archive"});
    verified.reports.push_back(std::move(report));
  }
  return verified;
}

VerifiedKernel Verifier::verify_others() const {
  VerifiedKernel verified;
  for (const PackageContents& package : groups_.others) verified.reports.push_back(contents(package, nullptr));
  verified.reports.insert(verified.reports.end(), groups_.unreadable.begin(), groups_.unreadable.end());
  return verified;
}

void Verifier::boot(const PackageGroup& group, VerifiedKernel& verified) const {
  const Kernel* kernel = kernel_of(group.release);
  const Architecture* architecture = kernel == nullptr ? nullptr : find_architecture(kernel->flavor.arch);
  if (architecture == nullptr) return;
  const VerifyOptions& wanted = work_.options.verify;
  BootSettings settings;
  settings.enforce = wanted.enforce == Wish::yes ? Enforcement::on : Enforcement::off;
  settings.certificate = work_.options.certificate.value_or(fs::path{});
  settings.log = logs_ / ("boot_" + group.release.str() + (wanted.enforce == Wish::yes ? "_enforce" : "") + ".log");
  settings.limit = wanted.boot_limit;
  for (const std::string& name : wanted.must_load) settings.must_load.emplace_back(name);
  // The modules of both formats are the same files; one of them is enough.
  const PackageFamily family = group.packages.front().family;
  std::vector<fs::path> files;
  for (const PackageContents& package : group.packages) {
    if (package.family != family) continue;
    for (const fs::path& file : installation_of(package, group.packages, groups_.others)) {
      if (std::ranges::find(files, file) == files.end()) files.push_back(file);
    }
  }
  work_.console.say("booting " + kernel->id());
  try {
    const ImageTree image = open_image(view_.sources, *kernel, errands_of(work_));
    // Programs of this machine do not run under a kernel of another one.
    if (!same_architecture(architecture->machine, host_architecture().machine))
      settings.busybox = open_busybox(view_.sources, *architecture, errands_of(work_));
    verified.boot = verify_boot(kernel->release, *architecture, image, files, settings, work_.runner, work_.stop);
  } catch (const Error& error) {
    // What this machine lacks, it lacks for all; a kernel that cannot be tried must not hide the others.
    if (error.diagnostic().code == "tool-missing") throw;
    verified.boot = BootReport{};
    verified.boot->report.release = kernel->release;
    verified.boot->report.packages = files;
    verified.boot->report.fail("boot", error.diagnostic());
  }
}

/// Run every job; the first exception one threw is thrown again when all have ended.
void run_all(std::size_t count, unsigned width, const std::stop_token& stop, const std::function<void(std::size_t)>& job) {
  std::exception_ptr first;
  std::mutex mutex;
  run_jobs(count, width, stop, [&](std::size_t at) {
    try {
      job(at);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first) first = std::current_exception();
    }
  });
  if (first) std::rethrow_exception(first);
  if (stop.stop_requested()) throw Cancelled{};
}

/// Groups of the kernels that --kernel names; all without it.
std::vector<const PackageGroup*> chosen(const PackageGroups& groups, const Kernels& kernels, bool filtered) {
  std::vector<const PackageGroup*> all;
  for (const PackageGroup& group : groups.kernels) {
    const bool named = std::ranges::any_of(kernels, [&](const auto& kernel) { return kernel->release == group.release; });
    if (!filtered || named) all.push_back(&group);
  }
  return all;
}

/// What means the kernels that packages are for and nobody has looked for: those of other architectures than this machine's.
std::set<std::string> foreign_patterns(const PackageGroups& groups, const KernelView& view) {
  std::set<std::string> patterns;
  for (const PackageGroup& group : groups.kernels) {
    if (std::ranges::any_of(view.kernels, [&](const auto& kernel) { return kernel->release == group.release; })) continue;
    const std::string& arch = group.packages.front().arch;
    if (same_architecture(arch, host_architecture().machine)) continue;
    for (const Catalogue& catalogue : view.inputs.catalogues) {
      const bool has =
          catalogue.rules.family == PackageFamily::deb &&
          std::ranges::any_of(catalogue.flavors, [&](const auto& flavor) { return same_architecture(flavor.arch, arch); });
      if (has) patterns.insert(catalogue.id + "/*." + arch);
    }
  }
  return patterns;
}

/// Lists of other architectures cost a download, so they are asked for only when packages need them.
void add_foreign_kernels(const Work& work, const PackageGroups& groups, KernelView& view, Diagnostics& problems) {
  const std::set<std::string> patterns = foreign_patterns(groups, view);
  if (patterns.empty()) return;
  Diagnostics found;
  const KernelView more = view_kernels(work, Metadata::recent, Lock::heed, {patterns.begin(), patterns.end()}, found);
  std::set<std::string> said;
  for (const Diagnostic& problem : problems.all()) said.insert(to_text(problem));
  for (const Diagnostic& problem : found.all()) {
    if (said.insert(to_text(problem)).second) problems.report(problem);
  }
  std::set<std::string> known;
  for (const auto& kernel : view.kernels) known.insert(kernel->id());
  std::ranges::copy_if(more.kernels, std::back_inserter(view.kernels),
                       [&](const auto& kernel) { return !known.contains(kernel->id()); });
}

}  // namespace

std::vector<VerifiedKernel> verify_groups(const Work& work, const PackageGroups& groups, Diagnostics& problems) {
  KernelView view = view_kernels(work, Metadata::recent, Lock::heed, work.options.verify.kernels, problems);
  if (problems.ok() && work.options.verify.kernels.empty()) add_foreign_kernels(work, groups, view, problems);
  if (!problems.ok()) return {};
  const auto& patterns = view.inputs.flavors;
  const Kernels named = patterns.empty() ? Kernels{} : select_kernels(patterns, view.inputs.catalogues, view.kernels, problems);
  if (!problems.ok()) return {};
  const auto wanted = chosen(groups, named, !patterns.empty());
  // Two distributions may have one release; of those the one that was named.
  std::ranges::stable_partition(view.kernels,
                                [&](const auto& kernel) { return std::ranges::find(named, kernel) != named.end(); });
  const Verifier verifier(work, groups, view);
  std::vector<VerifiedKernel> verified(wanted.size());
  const unsigned jobs = work.options.jobs > 0 ? work.options.jobs : std::max(1U, std::thread::hardware_concurrency());
  run_all(wanted.size(), jobs, work.stop, [&](std::size_t at) { verified[at] = verifier.verify(*wanted[at]); });
  // One emulator at a time: it uses more than one processor, and its patience is measured in seconds.
  for (std::size_t at = 0; work.options.verify.boot == Wish::yes && at < wanted.size(); ++at) {
    verifier.boot(*wanted[at], verified[at]);
  }
  VerifiedKernel others = verifier.verify_others();
  if (!others.reports.empty()) verified.push_back(std::move(others));
  return verified;
}

}  // namespace kmpack
