#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "headers/apt_archive.hpp"
#include "headers/config.hpp"
#include "headers/packages.hpp"
#include "headers/store.hpp"
#include "headers/store_layout.hpp"
#include "headers/tree.hpp"
#include "kmpack/architecture.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

[[noreturn]] void unusable(const Kernel& kernel, std::string reason, std::string hint) {
  throw Error({.code = "headers-unusable",
               .message = fmt::format("the headers of {} cannot be used: {}", kernel.id(), reason),
               .where = {},
               .notes = {fmt::format("they are in {}", kernel.tree.string())},
               .hint = std::move(hint)});
}

/// The kernel with its tree, wherever that is on this disk; nothing when it is not.
std::optional<Kernel> placed(const HeaderSources& sources, const Kernel& kernel) {
  Kernel here = kernel;
  if (here.tree.empty() && !place_in_store(sources.cache, here)) return std::nullopt;
  if (here.root.empty()) here.root = "/";
  return here;
}

/// The makefile to give with `make -f`. A tree that lies elsewhere than where it would be installed must not find its other half
/// where somebody else's may be installed.
fs::path relocated_makefile(const Kernel& kernel) {
  const auto included = included_makefile(kernel.tree);
  if (!included) return {};
  for (const fs::path& place : {kernel.root / included->relative_path(),
                                kernel.tree.parent_path() / included->parent_path().filename() / included->filename()}) {
    if (is_there(place)) return place == *included ? fs::path() : place;
  }
  unusable(kernel, fmt::format("its Makefile includes {}, and there is no such file beside it", included->string()),
           "unpack linux-headers-*-common and linux-kbuild-* into the same root");
}

bool is_foreign(const Kernel& kernel) {
  const Architecture& host = host_architecture();
  if (same_architecture(kernel.flavor.arch, host.machine)) return false;
  // The compiler of x86_64 makes i686 code when kbuild says -m32.
  return !(host.machine == "x86_64" && same_architecture(kernel.flavor.arch, "i686"));
}

std::string cross_prefix(const Kernel& kernel) {
  const std::string forced = forced_cross_prefix(kernel.tree);
  const Architecture* const arch = find_architecture(kernel.flavor.arch);
  if (!is_foreign(kernel)) return !same_architecture(kernel.flavor.arch, host_architecture().machine) ? forced : std::string();
  if (!forced.empty()) return forced;
  return arch == nullptr ? std::string() : fmt::format("{}-", arch->triplet);
}

/// The compiler's name without a prefix: `gcc-12` of "x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14) 12.2.0".
std::string plain_compiler(const KernelConfig& config) {
  const std::string_view text = config.compiler_text;
  const std::string_view first = text.substr(0, text.find(' '));
  const std::string_view family = config.clang ? "clang" : "gcc";
  const std::size_t at = first.rfind(family);
  if (at != std::string_view::npos) return std::string(first.substr(at));
  return std::string(family);
}

std::string compiler_of(const HeaderTree& headers) {
  const std::string plain = plain_compiler(headers.config);
  if (headers.config.clang) return plain;
  return (headers.cross_prefix.empty() ? forced_cross_prefix(headers.tree) : headers.cross_prefix) + plain;
}

std::int64_t epoch_of(const fs::path& symvers) {
  if (const auto given = source_date_epoch()) return *given;
  const auto written = std::chrono::file_clock::to_sys(fs::last_write_time(symvers));
  return std::chrono::duration_cast<std::chrono::seconds>(written.time_since_epoch()).count();
}

void add_content(Sha256& digest, const fs::path& directory) {
  std::error_code absent;
  const fs::path real = fs::canonical(directory, absent);
  if (absent) return;
  for (const TreeEntry& entry : walk(real)) {
    const fs::path path = real / entry.relative;
    if (entry.type == EntryType::file) digest.add(fmt::format("{} {}\n", entry.relative.string(), sha256_of_file(path)));
    if (entry.type == EntryType::symlink)
      digest.add(fmt::format("{} -> {}\n", entry.relative.string(), fs::read_symlink(path).string()));
  }
}

/// A tree from elsewhere may change behind our back, so its content is read each time.
std::string content_digest(const HeaderTree& headers) {
  Sha256 digest;
  digest.add("kmpack header tree 1\n");
  add_content(digest, headers.tree);
  const auto included = headers.makefile.empty() ? included_makefile(headers.tree) : std::optional(headers.makefile);
  if (included) add_content(digest, included->parent_path());
  if (const auto beside = relative_makefile(headers.tree)) add_content(digest, beside->parent_path());
  for (const fs::path& beside : trees_beside(headers.tree)) add_content(digest, beside);
  for (const char* part : {"scripts", "tools"}) {
    if (fs::is_symlink(headers.tree / part)) add_content(digest, headers.tree / part);
  }
  return digest.finish();
}

/// Ubuntu packs kbuild's programs for the kernel's machine, and has no others; qemu may be there to run them.
bool runs_here(std::string_view machine) {
  const std::string_view here = host_architecture().machine;
  if (machine.empty() || machine == here || (machine == "i686" && here == "x86_64")) return true;
  const std::string_view emulated = machine == "armv7l" ? "arm" : machine == "i686" ? "i386" : machine;
  return is_there(fs::path("/proc/sys/fs/binfmt_misc") / ("qemu-" + std::string(emulated)));
}

void require_complete(const HeaderTree& headers) {
  for (const char* tool : {"scripts/basic/fixdep", "scripts/mod/modpost"}) {
    if (!is_there(headers.tree / tool)) {
      unusable(headers.kernel, fmt::format("there is no {}", tool),
               "run `make modules_prepare` there, or add the package linux-kbuild-*");
    }
  }
  if (const auto machine = machine_of_program(headers.tree / "scripts/basic/fixdep"); !runs_here(machine)) {
    unusable(headers.kernel, fmt::format("its programs are for {}, and this machine is {}", machine, host_architecture().machine),
             "build on such a machine, or install qemu-user-static, which runs them on this one");
  }
  const auto release = release_of_tree(headers.tree);
  const auto beside = relative_makefile(headers.tree);
  if (beside && !is_there(*beside)) {
    unusable(headers.kernel, fmt::format("its Makefile includes {}, and there is no such file", beside->string()),
             "unpack the package with the other half (kernel-devel) into the same root");
  }
  if (release && *release != headers.kernel.release.str()) {
    unusable(headers.kernel, fmt::format("they are those of {}", *release), "give the tree of the kernel that is meant");
  }
}

/// A confined child finds a tree where it is, not the links that lead to the store.
void follow_links_to_store(Kernel& kernel) {
  if (kernel.origin != HeadersOrigin::store) return;
  std::error_code absent;
  const fs::path real = fs::canonical(kernel.root, absent);
  if (absent) return;
  kernel.tree = real / kernel.tree.lexically_relative(kernel.root);
  kernel.root = real;
}

}  // namespace

HeaderTree open_headers(const HeaderSources& sources, const Kernel& kernel) {
  auto here = placed(sources, kernel);
  if (!here) {
    throw Error({.code = "headers-absent",
                 .message = fmt::format("the headers of {} are not on this disk", kernel.id()),
                 .where = {},
                 .notes = {},
                 .hint = fmt::format("kmpack flavors fetch '{}'", kernel.id())});
  }
  follow_links_to_store(*here);
  HeaderTree headers{.kernel = std::move(*here)};
  headers.tree = headers.kernel.tree;
  headers.root = headers.kernel.root;
  headers.symvers = headers.tree / "Module.symvers";
  if (!is_header_tree(headers.tree)) {
    unusable(headers.kernel, "there is no Module.symvers or no configuration",
             "give a kernel's prepared build tree or unpacked headers package");
  }
  headers.config = read_kernel_config(headers.tree);
  require_modules(headers.config, headers.kernel);
  headers.makefile = relocated_makefile(headers.kernel);
  require_complete(headers);
  headers.cross_prefix = cross_prefix(headers.kernel);
  headers.compiler = compiler_of(headers);
  headers.epoch = epoch_of(headers.symvers);
  headers.digest = headers.kernel.origin == HeadersOrigin::store ? set_digest(headers.kernel) : content_digest(headers);
  return headers;
}

std::optional<KernelConfig> kernel_config(const HeaderSources& sources, const Kernel& kernel) {
  const auto here = placed(sources, kernel);
  if (!here || !is_header_tree(here->tree)) return std::nullopt;
  return read_kernel_config(here->tree);
}

ImageTree open_image(const HeaderSources& sources, const Kernel& kernel, const Errands& errands) {
  const auto package = std::ranges::find(kernel.packages, ArchiveRole::image, &ArchivePackage::role);
  if (package == kernel.packages.end()) {
    throw Error({.code = "image-absent",
                 .message = fmt::format("no package with the kernel image of {} is known", kernel.id()),
                 .where = {},
                 .notes = {},
                 .hint = "kmpack flavors fetch reads the archive's metadata again"});
  }
  if (!is_there(package_directory(sources.cache, *package))) {
    if (!may_download(sources)) {
      throw Error({.code = "image-absent",
                   .message = fmt::format("{} is not in the header store, and nothing may be fetched", package->name),
                   .where = {},
                   .notes = {},
                   .hint = "run the same command once without --offline"});
    }
    const FileLock lock = wait_for_lock(store_directory(sources.cache) / "lock", errands.stop);
    sweep_store(sources.cache);
    ensure_packages(sources, {&*package, 1}, errands);
  }
  ImageTree image{.root = package_directory(sources.cache, *package)};
  const std::string& release = kernel.release.str();
  image.vmlinuz = image.root / "boot" / ("vmlinuz-" + release);
  image.system_map = image.root / "boot" / ("System.map-" + release);
  image.modules = image.root / "lib/modules" / release;
  if (!is_there(image.modules)) image.modules = image.root / "usr/lib/modules" / release;
  if (!is_there(image.vmlinuz) || !is_there(image.modules)) {
    throw Error({.code = "image-absent",
                 .message = fmt::format("{} holds no kernel image of {} with its modules", package->name, kernel.id()),
                 .where = {},
                 .notes = {fmt::format("it is unpacked in {}", image.root.string())},
                 .hint = "the flavor catalogue may name the wrong image package"});
  }
  return image;
}

}  // namespace kmpack
