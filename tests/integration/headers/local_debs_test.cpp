#include "headers/local_packages.hpp"
#include "integration/headers/fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Debs in a directory, as somebody has copied or built them.
class LocalDebs : public test::ArchiveFixture {
 protected:
  fs::path write(const test::TestPackage& package) {
    const auto tar_of = [](const std::vector<test::ArchiveFile>& files) {
      ArchiveWriter writer({.format = ArchiveFormat::tar, .filter = ArchiveFilter::xz});
      for (const test::ArchiveFile& file : files) writer.add(file.member, file.content);
      return writer.finish_bytes();
    };
    const std::string control = "Package: " + package.name + "\nVersion: " + package.version + "\nArchitecture: " + package.arch +
                                "\n" + (package.depends.empty() ? "" : "Depends: " + package.depends + "\n");
    ArchiveWriter writer({.format = ArchiveFormat::ar});
    writer.add({.name = "debian-binary"}, "2.0\n");
    writer.add({.name = "control.tar.xz"}, tar_of({test::plain_file("./control", control)}));
    writer.add({.name = "data.tar.xz"}, tar_of(package.files));
    // A plus is not plain in an address.
    const fs::path file = archive_.directory() / "some+where" / (package.name + ".deb");
    make_directories(file.parent_path());
    write_file(file, writer.finish_bytes());
    return file;
  }

  std::vector<fs::path> kernel(const std::string& release) {
    std::vector<fs::path> files;
    for (const test::TestPackage& package : test::kernel_packages(release, "1")) files.push_back(write(package));
    return files;
  }

  static test::TestPackage bindeb(const std::string& release) {
    test::TestPackage package = test::kernel_packages(release, "1").front();
    const std::string tree = "./usr/src/linux-headers-" + release + "/";
    package.depends.clear();
    std::erase_if(package.files, [](const test::ArchiveFile& file) {
      return file.member.name.ends_with("/scripts") || file.member.name.ends_with("/Makefile");
    });
    package.files.push_back(test::plain_file(tree + "Makefile", "modules:\n"));
    package.files.push_back(test::plain_file(tree + "scripts/basic/fixdep", "fixdep", 0755));
    package.files.push_back(test::plain_file(tree + "scripts/mod/modpost", "modpost", 0755));
    return package;
  }

  Kernels local(const std::vector<fs::path>& files, const char* pattern = nullptr) {
    std::vector<FlavorPattern> wanted;
    if (pattern != nullptr) wanted.push_back(parse_flavor_pattern(pattern, {}, problems_).value());
    return local_kernels(files, catalogues_, wanted, problems_);
  }

  [[nodiscard]] std::string told() const { return problems_.all().empty() ? "" : to_text(problems_.all().front()); }
};

TEST_F(LocalDebs, MakeUpAKernelThatACatalogueKnows) {
  std::vector<fs::path> files = kernel("7.0.9-small");
  const Kernels kernels = local({files.begin(), files.begin() + 3});
  EXPECT_THAT(codes(), IsEmpty());
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0]->flavor.distribution, "test-1");
  fetch_headers(sources_, kernels, errands());
  sources_.metadata = Metadata::none;
  EXPECT_EQ(find().at(0)->origin, HeadersOrigin::store);
}

TEST_F(LocalDebs, AreSaidToBeIncomplete) {
  std::vector<fs::path> files = kernel("7.0.9-small");
  EXPECT_THAT(local({files[0], files[2]}), IsEmpty());
  EXPECT_THAT(told(), HasSubstr("error: linux-headers-7.0.9-small 1 needs linux-headers-7.0.9-small-common = 1 for "));
  EXPECT_THAT(codes(), ElementsAre("error headers-unusable"));
}

TEST_F(LocalDebs, OfKernelsThatNobodyKnowsAreGivenWhenTheyAreWhole) {
  const Kernels kernels = local({write(bindeb("6.6.30-acme"))});
  EXPECT_THAT(codes(), IsEmpty());
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0]->flavor, (FlavorId{"given", "6.6.30-acme", std::string(host_architecture().deb)}));
  EXPECT_EQ(kernels[0]->rules.meta_suffix, "");
  fetch_headers(sources_, kernels, errands());
  sources_.metadata = Metadata::none;
  const Kernels stored = find();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0]->flavor.distribution, "given");
  EXPECT_EQ(open_headers(sources_, *stored[0]).compiler, "gcc-12");
}

TEST_F(LocalDebs, AreRefusedWhenTheyHoldNoHeadersOrThoseOfAnother) {
  test::TestPackage other = bindeb("6.6.30-acme");
  other.name = "linux-headers-6.6.31-acme";
  EXPECT_THAT(local({write(other)}), IsEmpty());
  EXPECT_THAT(codes(), ElementsAre("error package-foreign"));
  problems_ = {};
  EXPECT_THAT(local({write(bindeb("6.6.30-acme"))}, "test-1/*"), IsEmpty());
  EXPECT_THAT(told(),
              HasSubstr("holds the headers of no kernel that a catalogue that the patterns mean knows [package-foreign]"));
}

TEST_F(LocalDebs, ThatCannotBeReadAreNamed) {
  const fs::path rubbish = archive_.directory() / "rubbish.deb";
  write_file(rubbish, "rubbish");
  test::TestPackage nameless = bindeb("6.6.30-acme");
  nameless.version.clear();
  EXPECT_THAT(local({rubbish, write(nameless)}), IsEmpty());
  EXPECT_THAT(codes(), ElementsAre("error archive-unreadable", "error deb-unreadable"));
}

}  // namespace
}  // namespace kmpack
