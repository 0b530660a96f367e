#include "wrap/rpm_repository.hpp"

#include <fmt/format.h>
#include <glib.h>
#include <rpm/rpmlog.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/owned.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

// A member of cr_Package has the name of a C++20 keyword (createrepo_c 0.17.3). All standard headers come before.
#define requires requires_
#include <createrepo_c/createrepo_c.h>
#undef requires

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using Package = Owned<cr_Package, cr_package_free>;
using Repomd = Owned<cr_Repomd, cr_repomd_free>;
using Text = Owned<void, g_free>;

/// Receives what a call of the library has to say, and throws it.
class Fault {
 public:
  Fault() = default;
  ~Fault() { g_clear_error(&error_); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;

  GError** place() { return &error_; }
  void check(const fs::path& about) const {
    if (error_ == nullptr) return;
    throw Error({.code = "rpm-md-unwritable",
                 .message = fmt::format("the metadata of a repository cannot be written: {}", about.string()),
                 .where = {},
                 .notes = {error_->message},
                 .hint = {}});
  }

 private:
  GError* error_ = nullptr;
};

int swallow(rpmlogRec /*record*/, rpmlogCallbackData /*data*/) noexcept {
  // That it has no key to check a signature with, on stderr, which is not ours. Packages were checked before.
  return 0;
}

/// Packages are read by librpm with its configuration of the machine, of which nothing reaches the metadata.
class Reader {
 public:
  Reader() : before_(rpmlogSetCallback(swallow, nullptr)) {
    cr_xml_dump_init();
    cr_package_parser_init();
  }
  ~Reader() {
    cr_package_parser_cleanup();
    rpmlogSetCallback(before_, nullptr);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static Package read(const RpmMdSource& source, std::int64_t time) {
    Fault fault;
    struct stat facts {};
    if (::stat(source.file.c_str(), &facts) != 0) throw_system_error(errno, "cannot read", source.file);
    // A clone may have been made a moment ago; its time says nothing.
    facts.st_mtime = time;
    constexpr int kAllChanges = -1;
    Package package(cr_package_from_rpm(source.file.c_str(), CR_CHECKSUM_SHA256, source.location.c_str(), nullptr, kAllChanges,
                                        &facts, CR_HDRR_NONE, fault.place()));
    fault.check(source.file);
    return package;
  }

 private:
  rpmlogCallback before_;
};

struct Kind {
  const char* name;
  cr_XmlFileType type;
  char* cr_XmlStruct::*chunk;
};
constexpr std::array kKinds{Kind{"primary", CR_XMLFILE_PRIMARY, &cr_XmlStruct::primary},
                            Kind{"filelists", CR_XMLFILE_FILELISTS, &cr_XmlStruct::filelists},
                            Kind{"other", CR_XMLFILE_OTHER, &cr_XmlStruct::other}};

/// One of the compressed lists while packages are added.
class List {
 public:
  List(const Kind& kind, const fs::path& directory, std::size_t packages)
      : file_(directory / fmt::format("{}.xml.gz", kind.name)) {
    Fault fault;
    list_ = cr_xmlfile_sopen(file_.c_str(), kind.type, CR_CW_GZ_COMPRESSION, nullptr, fault.place());
    fault.check(file_);
    // Fails for a list that has begun only.
    cr_xmlfile_set_num_of_pkgs(list_, static_cast<long>(packages), nullptr);
  }
  ~List() { close(); }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  void add(const char* chunk) {
    Fault fault;
    cr_xmlfile_add_chunk(list_, chunk, fault.place());
    fault.check(file_);
  }
  const fs::path& finish() {
    Fault fault;
    cr_xmlfile_close(std::exchange(list_, nullptr), fault.place());
    fault.check(file_);
    return file_;
  }

 private:
  void close() noexcept {
    if (list_ != nullptr) cr_xmlfile_close(std::exchange(list_, nullptr), nullptr);
  }

  fs::path file_;
  cr_XmlFile* list_ = nullptr;
};

/// The three lists' texts of one package.
class Chunks {
 public:
  explicit Chunks(Package package) {
    Fault fault;
    texts_ = cr_xml_dump(package.get(), fault.place());
    fault.check(package->location_href);
  }
  ~Chunks() {
    for (const Kind& kind : kKinds) g_free(texts_.*kind.chunk);
  }
  Chunks(const Chunks&) = delete;
  Chunks& operator=(const Chunks&) = delete;
  [[nodiscard]] const char* of(const Kind& kind) const { return texts_.*kind.chunk; }

 private:
  cr_XmlStruct texts_{};
};

void add_record(cr_Repomd* repomd, const Kind& kind, const fs::path& file, std::int64_t time) {
  // Owned by repomd from the moment it is told of.
  cr_RepomdRecord* const record = cr_repomd_record_new(kind.name, file.c_str());
  cr_repomd_set_record(repomd, record);
  Fault fault;
  cr_repomd_record_fill(record, CR_CHECKSUM_SHA256, fault.place());
  fault.check(file);
  Fault renaming;
  cr_repomd_record_rename_file(record, renaming.place());
  renaming.check(file);
  cr_repomd_record_set_timestamp(record, time);
}

}  // namespace

void write_rpm_md(std::span<const RpmMdSource> packages, std::int64_t time, const fs::path& directory) {
  const Reader reader;
  std::array<List, kKinds.size()> lists{List(kKinds[0], directory, packages.size()), List(kKinds[1], directory, packages.size()),
                                        List(kKinds[2], directory, packages.size())};
  for (const RpmMdSource& source : packages) {
    const Chunks chunks(Reader::read(source, time));
    for (std::size_t index = 0; index < kKinds.size(); ++index) lists.at(index).add(chunks.of(kKinds.at(index)));
  }
  const Repomd repomd(cr_repomd_new());
  cr_repomd_set_revision(repomd.get(), std::to_string(time).c_str());
  for (std::size_t index = 0; index < kKinds.size(); ++index)
    add_record(repomd.get(), kKinds.at(index), lists.at(index).finish(), time);
  cr_repomd_sort_records(repomd.get());
  Fault fault;
  const Text text(cr_xml_dump_repomd(repomd.get(), fault.place()));
  fault.check(directory);
  write_file(directory / "repomd.xml", static_cast<const char*>(text.get()));
}

}  // namespace kmpack
