#include "wrap/rpmbuild.hpp"

#include <fmt/format.h>
#include <rpm/rpmbuild.h>
#include <rpm/rpmfileutil.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmts.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/owned.hpp"
#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define KMPACK_LEAKS_ARE_SEEN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KMPACK_LEAKS_ARE_SEEN 1
#endif
#endif
#ifdef KMPACK_LEAKS_ARE_SEEN
#include <sanitizer/lsan_interface.h>
#endif

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using TransactionSet = Owned<rpmts_s, rpmtsFree>;
using Spec = Owned<rpmSpec_s, rpmSpecFree>;

struct Messages {
  std::vector<std::string> lines;
  std::exception_ptr failure;
};

int keep(rpmlogRec record, rpmlogCallbackData data) noexcept {
  auto& messages = *static_cast<Messages*>(data);
  try {
    const std::string_view text = trimmed(rpmlogRecMessage(record));
    if (rpmlogRecPriority(record) <= RPMLOG_WARNING && !text.empty()) messages.lines.emplace_back(text);
  } catch (...) {
    messages.failure = std::current_exception();
  }
  return 0;
}

[[noreturn]] void fail(const Messages& messages, std::string message) {
  if (messages.failure) std::rethrow_exception(messages.failure);
  for (const std::string& line : messages.lines) {
    if (line.find("No space left on device") != std::string::npos || line.find("Disk quota exceeded") != std::string::npos) {
      throw Error(
          {.code = "disk-full", .message = std::move(message), .notes = messages.lines, .hint = "make room and run again"});
    }
  }
  throw Error({.code = "rpm-build-failed", .message = std::move(message), .notes = messages.lines});
}

void define(const std::string& name, const std::string& value) {
  rpmPushMacro(nullptr, name.c_str(), nullptr, value.c_str(), RMIL_CMDLINE);
}

/// rpm's own defaults and nothing of this host: no /etc/rpm, no ~/.rpmmacros, no distribution's hooks.
void configure(const RpmBuild& build, const Messages& messages) {
  const std::string home = rpmConfigDir();
  static std::string files;
  files = home + "/macros:" + home + "/platform/%{_target}/macros";
  macrofiles = files.c_str();
  const std::string settings = home + "/rpmrc";
  if (rpmReadConfigFiles(settings.c_str(), build.target.c_str()) != 0) {
    fail(messages, fmt::format("rpm cannot build for '{}'", build.target));
  }
  const std::string top = build.top.string();
  define("_topdir", top);
  define("_dbpath", top + "/db");
  define("_tmppath", top + "/tmp");
  define("_builddir", top + "/build");
  define("_rpmdir", top + "/out");
  define("_sourcedir", top);
  define("_specdir", top);
  define("_srcrpmdir", top + "/out");
  define("_rpmfilename", "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm");
  // A shell would count the processors.
  define("_smp_build_ncpus", "1");
  for (const char* name : {"debug_package", "__debug_package", "__spec_install_pre", "__spec_install_post", "__arch_install_post",
                           "__os_install_post", "__debug_install_post", "_include_minidebuginfo"}) {
    define(name, "%{nil}");
  }
  // A module carries its signature behind the ELF file; whatever touches the file takes it off.
  define("__strip", "/bin/true");
  define("_build_id_links", "none");
  define("_missing_build_ids_terminate_build", "0");
  // Our specs name every file of a root that holds nothing else; looking for others costs as much as writing the package.
  define("__check_files", "%{nil}");
  define("_buildhost", "reproducible");
  define("source_date_epoch_from_changelog", "0");
  define("use_source_date_epoch_as_buildtime", "1");
  define("clamp_mtime_to_source_date_epoch", "1");
  // Modules are compressed as their kernel reads them; more effort costs memory and wins little.
  define("_binary_payload", "w9.zstdio");
  define("_binary_filedigest_algorithm", "8");
  define("_source_filedigest_algorithm", "8");
}

std::string without_guards(std::string text) {
  std::erase(text, kRpmLineGuard);
  return text;
}

/// Take the guards off again that kept rpm from reading lines of text as its own.
void remove_guards(rpmSpec spec) {
  using Packages = Owned<rpmSpecIter_s, rpmSpecPkgIterFree>;
  const Packages packages(rpmSpecPkgIterInit(spec));
  while (rpmSpecPkg package = rpmSpecPkgIterNext(packages.get())) {
    Header header = rpmSpecPkgHeader(package);
    const std::string description = without_guards(headerGetString(header, RPMTAG_DESCRIPTION));
    headerDel(header, RPMTAG_DESCRIPTION);
    headerAddI18NString(header, RPMTAG_DESCRIPTION, description.c_str(), RPMBUILD_DEFAULT_LANG);
    for (const rpmTag tag : {RPMTAG_PREIN, RPMTAG_POSTIN, RPMTAG_PREUN, RPMTAG_POSTUN, RPMTAG_POSTTRANS}) {
      const char* text = headerGetString(header, tag);
      if (text == nullptr) continue;
      const std::string script = without_guards(text);
      headerDel(header, tag);
      headerPutString(header, tag, script.c_str());
    }
  }
}

void build_packages(const RpmBuild& build, const Messages& messages) {
  const TransactionSet set(rpmtsCreate());
  const std::string spec_file = build.spec.string();
  std::string root = build.root.string();
  const Spec spec(rpmSpecParse(spec_file.c_str(), RPMSPEC_ANYARCH, root.c_str()));
  if (!spec) fail(messages, "rpm does not accept the spec file");
  remove_guards(spec.get());
  rpmBuildArguments_s arguments{};
  // Without the install step rpm would mark the package as made by a short-circuited build, which no rpm installs. Our specs have
  // no %install section, so that it starts no shell.
  arguments.buildAmount = RPMBUILD_INSTALL | RPMBUILD_FILECHECK | RPMBUILD_PACKAGEBINARY;
  arguments.buildRootOverride = root.data();
  arguments.rootdir = "/";
  if (rpmSpecBuild(set.get(), spec.get(), &arguments) != RPMRC_OK) fail(messages, "rpm could not build the packages");
}

/// First every copy, then every name: a full disk leaves no part of a cell's packages.
void publish(const fs::path& made, const fs::path& directory) {
  std::vector<std::unique_ptr<Staged>> all;
  for (const TreeEntry& entry : walk(made)) {
    if (entry.type != EntryType::file) continue;
    all.push_back(std::make_unique<Staged>(directory / entry.relative.filename()));
    clone_file(made / entry.relative, all.back()->path());
  }
  for (const std::unique_ptr<Staged>& staged : all) staged->publish();
}

}  // namespace

void build_rpm(const RpmBuild& build) {
#ifdef KMPACK_LEAKS_ARE_SEEN
  // librpmio 4.18 never frees its table of temporary macro names; not ours to mend.
  const __lsan::ScopedDisabler not_ours;
#endif
  Messages messages;
  rpmlogSetCallback(keep, &messages);
  ::setenv("SOURCE_DATE_EPOCH", std::to_string(build.epoch).c_str(), 1);
  for (const char* part : {"db", "tmp", "build", "out"}) make_directories(build.top / part);
  configure(build, messages);
  build_packages(build, messages);
  publish(build.top / "out", build.directory);
  rpmFreeMacros(nullptr);
  rpmFreeRpmrc();
  rpmlogSetCallback(nullptr, nullptr);
}

}  // namespace kmpack
