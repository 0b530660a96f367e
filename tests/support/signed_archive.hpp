#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sys/files.hpp"
#include "wrap/archive.hpp"

namespace kmpack::test {

struct ArchiveFile {
  ArchiveMember member;
  std::string content;
};

struct TestPackage {
  std::string name;
  std::string version = "1";
  std::string arch = "all";
  std::string depends;
  std::vector<ArchiveFile> files;
};

ArchiveFile plain_file(std::string name, std::string content, unsigned mode = 0644);
ArchiveFile symlink_to(std::string name, std::string target);

/// A .deb with these members, whatever their names are.
std::string make_deb(const TestPackage& package);

/// The headers of one kernel as Debian splits them (headers, common, kbuild) and its image.
std::vector<TestPackage> kernel_packages(const std::string& release, const std::string& version);

enum class Signed { no, yes, by_another_key };

/// A package archive in a directory, with a key made for it, and a stand-in for /etc/apt that names it. Needs gpg.
class SignedArchive {
 public:
  SignedArchive();

  void add(const TestPackage& package);
  void add_kernel(const std::string& release, const std::string& version = "1");
  /// Write Packages and Release for all that was added.
  void publish(Signed how = Signed::yes);
  /// When the next Release is stale, as it spells dates; empty: never.
  void set_valid_until(const std::string& date) { valid_until_ = date; }
  /// Forget what was added; the files stay.
  void clear() { packages_.clear(); }

  /// One line of sources.list.
  void set_sources(const std::string& text) const { write_file(etc() / "sources.list", text); }
  [[nodiscard]] std::string own_source(const std::string& options = {}) const;
  [[nodiscard]] std::filesystem::path etc() const { return directory_.path() / "etc"; }
  [[nodiscard]] std::filesystem::path pool() const { return directory_.path() / "archive/pool"; }
  [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }
  /// Where the .deb lies that was added.
  [[nodiscard]] std::filesystem::path file_of(const TestPackage& package) const;

 private:
  TempDir directory_;
  std::vector<std::string> packages_;  ///< stanzas
  std::string valid_until_;
};

}  // namespace kmpack::test
