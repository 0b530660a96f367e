#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "wrap/archive.hpp"

/// Debs made member by member, with none of the code that makes kmpack's own packages.
namespace kmpack::test {

struct HandmadeDeb {
  std::string name = "hello-modules";
  std::string version = "1.0-1";
  std::string arch = "amd64";
  std::string depends;
  std::string provides;
  std::map<std::string, std::string> scripts;
  struct File {
    ArchiveMember member;
    std::string content;
  };
  std::vector<File> files;

  /// Adds a file and the directories above it; `path` is absolute.
  void add(const std::string& path, std::string content, unsigned mode = 0644) {
    add_parents(path);
    files.push_back({ArchiveMember{.name = "." + path, .size = content.size(), .mode = mode}, std::move(content)});
  }
  void add_link(const std::string& path, const std::string& target) {
    add_parents(path);
    files.push_back({ArchiveMember{.name = "." + path, .type = MemberType::symlink, .mode = 0777, .link = target}, {}});
  }
  void add_parents(const std::string& path) {
    std::filesystem::path parents = ".";
    for (const auto& part : std::filesystem::path{path}.relative_path().parent_path()) {
      parents /= part;
      if (!seen_[parents.string()])
        files.push_back({ArchiveMember{.name = parents.string() + "/", .type = MemberType::directory, .mode = 0755}, {}});
      seen_[parents.string()] = true;
    }
  }

  void write(const std::filesystem::path& place) const {
    ArchiveWriter control{WriterOptions{.format = ArchiveFormat::tar, .filter = ArchiveFilter::gzip}};
    std::string text = "Package: " + name + "\nVersion: " + version + "\nArchitecture: " + arch +
                       "\nMaintainer: Nobody <nobody@example.org>\nDescription: made by hand\n";
    if (!depends.empty()) text += "Depends: " + depends + "\n";
    if (!provides.empty()) text += "Provides: " + provides + "\n";
    control.add(ArchiveMember{.name = "./control"}, text);
    for (const auto& [script, body] : scripts) control.add(ArchiveMember{.name = "./" + script, .mode = 0755}, body);
    ArchiveWriter data{WriterOptions{.format = ArchiveFormat::tar, .filter = ArchiveFilter::gzip}};
    for (const File& file : files) data.add(file.member, file.content);
    ArchiveWriter deb{place, WriterOptions{.format = ArchiveFormat::ar}};
    deb.add(ArchiveMember{.name = "debian-binary"}, "2.0\n");
    deb.add(ArchiveMember{.name = "control.tar.gz"}, control.finish_bytes());
    deb.add(ArchiveMember{.name = "data.tar.gz"}, data.finish_bytes());
    deb.finish();
  }

 private:
  std::map<std::string, bool> seen_;
};

/// Scripts of a module package as they should be.
inline std::map<std::string, std::string> good_scripts(const std::string& release) {
  const std::string body = "#!/bin/sh\nset -e\nif [ -e \"$DPKG_ROOT/lib/modules/" + release +
                           "/modules.builtin\" ]; then\n  depmod -b \"${DPKG_ROOT:-/}\" " + release + "\nfi\n";
  return {{"postinst", body}, {"postrm", body}};
}

}  // namespace kmpack::test
