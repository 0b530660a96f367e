#include "verify/guest_root.hpp"

#include <fmt/format.h>

#include <utility>

#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "sys/files.hpp"
#include "verify/contents.hpp"
#include "verify/in_tree.hpp"
#include "verify/userland.hpp"
#include "wrap/archive.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

constexpr HostProgram kBusybox{.name = "busybox", .package = "busybox-static"};
constexpr HostProgram kDepmod{.name = "depmod", .package = "kmod"};

/// usr/lib/modules/… -> lib/modules/…, relative to the root.
fs::path in_one_lib(const fs::path& installed) {
  const fs::path relative = installed.relative_path();
  return *relative.begin() == "usr" ? relative.lexically_relative("usr") : relative;
}

string_view without_signatures(string_view module) {
  SignatureView view = split_signature(module);
  while (view.is_signed()) {
    module = view.content;
    view = split_signature(module);
  }
  return module;
}

}  // namespace

string tampered_copy(string_view module) {
  const SignatureView view = split_signature(module);
  string copy{module};
  // The middle of the file: code or data of the module, neither ELF header nor signature.
  char& byte = copy.at(view.content.size() / 2);
  byte = static_cast<char>(byte ^ 0x01);
  return copy;
}

GuestRoot::GuestRoot(fs::path directory, KernelRelease release, const fs::path& foreign_busybox, CommandRunner& runner,
                     std::stop_token stop)
    : root_(std::move(directory)),
      release_(std::move(release)),
      foreign_(!foreign_busybox.empty()),
      runner_(runner),
      stop_(std::move(stop)) {
  for (const char* name : {"proc", "sys", "dev", "tmp", "kmpack", "usr/bin"}) make_directories(root_ / name);
  fs::create_directory_symlink("usr/bin", root_ / "bin");
  fs::create_symlink("busybox", root_ / "usr/bin/sh");
  if (foreign_) {
    clone_file(foreign_busybox, root_ / "usr/bin/busybox");
    for (const char* tool : {"modprobe", "insmod"}) fs::create_symlink("busybox", root_ / "usr/bin" / tool);
    return;
  }
  Userland userland{root_, runner_, stop_};
  userland.add(kBusybox);
  userland.add_module_tools();
}

void GuestRoot::merge(const fs::path& from, const fs::path& to) {
  std::error_code absent;
  if (!fs::is_directory(fs::symlink_status(from, absent))) return;
  for (const TreeEntry& entry : walk(from)) {
    if (entry.type == EntryType::directory) {
      make_directories(to / entry.relative);
    } else if (entry.type == EntryType::file) {
      make_directories((to / entry.relative).parent_path());
      clone_file(from / entry.relative, to / entry.relative);
    }
  }
}

fs::path GuestRoot::readable(const fs::path& module) const {
  // Busybox unpacks gzip and xz itself, and leaves nothing to the kernel; zstd it does not know (1.36).
  if (!foreign_ || module.extension() != ".zst") return module;
  const fs::path plain = fs::path{module}.replace_extension();
  write_file(plain, decompressed_module(module));
  fs::remove(module);
  return plain;
}

void GuestRoot::install(std::span<const fs::path> packages, const ImageTree& image) {
  const fs::path directory = root_ / "lib/modules" / release_.str();
  for (const fs::path& package : packages) {
    const TempDir unpacked{root_.parent_path()};
    const auto modules = unpack_package(package, unpacked.path(), stop_);
    // Debian 13's layout has it all below /usr/lib; the guest has one /lib.
    for (const char* lib : {"lib", "usr/lib"}) merge(unpacked.path() / lib, root_ / "lib");
    merge(unpacked.path() / "etc/modprobe.d", root_ / "etc/modprobe.d");
    for (const UnpackedModule& module : modules) {
      if (release_of(module.installed) != release_) continue;
      modules_.push_back(read_module_facts(readable(root_ / in_one_lib(module.installed))));
    }
  }
  if (modules_.empty()) {
    throw Error{Diagnostic{.code = "package-no-modules",
                           .message = fmt::format("none of the packages has a module for the kernel {}", release_.str()),
                           .hint = "give the package that was built for this kernel"}};
  }
  InTreeModules{image}.copy_needed(modules_, directory);
  for (const TreeEntry& entry : walk(directory)) {
    if (entry.type == EntryType::file) static_cast<void>(readable(directory / entry.relative));
  }
  static_cast<void>(run_checked(runner_,
                                Command{.program = require_program(kDepmod).string(),
                                        .args = {"-b", root_.string(), release_.str()},
                                        .environment = scrubbed_environment(0)},
                                stop_));
}

std::vector<GuestStep> GuestRoot::add_forgeries() {
  std::vector<GuestStep> steps;
  const auto add = [&](const string& name, string_view content) {
    write_file(root_ / "kmpack" / name, content);
    steps.push_back(GuestStep{.action = GuestAction::insert, .target = "/kmpack/" + name});
  };
  for (ModuleFacts& facts : modules_) {
    const string module = decompressed_module(facts.file);
    add(facts.name.str() + "-unsigned.ko", without_signatures(module));
    add(facts.name.str() + "-tampered.ko", tampered_copy(module));
  }
  return steps;
}

void GuestRoot::write_initramfs(std::span<const GuestStep> steps, const fs::path& file) {
  write_file(root_ / "init", guest_init(), fs::perms{0755});
  write_file(root_ / "kmpack/steps", guest_steps(steps));
  // Not compressed: unpacking under emulation costs more than copying.
  ArchiveWriter writer{file, WriterOptions{.format = ArchiveFormat::cpio_newc}};
  // The kernel opens it for init before anything is mounted.
  writer.add(ArchiveMember{.name = "dev", .type = MemberType::directory, .mode = 0755});
  writer.add(ArchiveMember{
      .name = "dev/console", .type = MemberType::character_device, .mode = 0600, .device_major = 5, .device_minor = 1});
  for (const TreeEntry& entry : walk(root_)) {
    if (entry.relative == "dev") continue;
    ArchiveMember member{.name = entry.relative.string(), .mode = 0755};
    if (entry.type == EntryType::directory) {
      member.type = MemberType::directory;
      writer.add(member);
    } else if (entry.type == EntryType::symlink) {
      member.type = MemberType::symlink;
      member.link = fs::read_symlink(root_ / entry.relative).string();
      writer.add(member);
    } else if (entry.type == EntryType::file) {
      writer.add_file(member, root_ / entry.relative, stop_);
    }
  }
  writer.finish();
}

}  // namespace kmpack
