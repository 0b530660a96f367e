#include "headers/rpm_kernels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headers/kernel_records.hpp"
#include "headers/symvers_file.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Catalogue shipped(const std::string& id) {
  Diagnostics problems;
  const std::vector<fs::path> directories{fs::path(KMPACK_SOURCE_DIR) / "flavors"};
  for (Catalogue& catalogue : read_catalogues(directories, problems)) {
    if (catalogue.id == id) return std::move(catalogue);
  }
  ADD_FAILURE() << "there is no catalogue " << id;
  return {};
}

RpmPackage package(const std::string& name, const std::string& version, const std::string& release,
                   const std::string& arch = "x86_64", std::vector<RpmRelation> needs = {}) {
  return {.facts = {.name = name,
                    .arch = arch,
                    .version = version,
                    .release = release,
                    .digest = std::string(64, 'a'),
                    .size = 1,
                    .requires_ = std::move(needs)},
          .url = "https://example.org/" + name + "-" + version + "-" + release + "." + arch + ".rpm"};
}

std::vector<std::string> ids(const RpmKernels& found) {
  std::vector<std::string> all;
  for (const auto& kernel : found.kernels) all.push_back(kernel->id());
  return all;
}

TEST(RpmKernelNames, FollowEachDistributionsRule) {
  const std::vector<RpmPackage> el{package("kernel-devel", "5.14.0", "503.14.1.el9_5"),
                                   package("kernel-rt-devel", "5.14.0", "503.14.1.el9_5"),
                                   package("kernel-64k-debug-devel", "5.14.0", "503.14.1.el9_5", "aarch64")};
  EXPECT_THAT(ids(rpm_kernels(el, shipped("el9"))),
              ElementsAre("el9/64k-debug.aarch64@5.14.0-503.14.1.el9_5.aarch64+64k-debug",
                          "el9/default.x86_64@5.14.0-503.14.1.el9_5.x86_64", "el9/rt.x86_64@5.14.0-503.14.1.el9_5.x86_64+rt"));
  const std::vector<RpmPackage> uek{package("kernel-uek-devel", "5.15.0", "300.163.18.el9uek"),
                                    package("kernel-uek64k-devel", "5.15.0", "300.163.18.el9uek", "aarch64")};
  EXPECT_THAT(ids(rpm_kernels(uek, shipped("ol9-uek"))), ElementsAre("ol9-uek/64k.aarch64@5.15.0-300.163.18.el9uek.aarch64.64k",
                                                                     "ol9-uek/default.x86_64@5.15.0-300.163.18.el9uek.x86_64"));
  const std::vector<RpmPackage> amazon{package("kernel6.12-devel", "6.12.40", "63.114.amzn2023"),
                                       package("kernel-devel", "6.1.147", "172.266.amzn2023")};
  EXPECT_THAT(ids(rpm_kernels(amazon, shipped("amzn-2023"))), SizeIs(2));
}

TEST(RpmKernelNames, LeaveOutSusesCountOfRebuilds) {
  const std::vector<RpmPackage> packages{package("kernel-default-devel", "6.4.0", "150600.23.7.3", "x86_64",
                                                 {{.name = "kernel-devel", .compare = "=", .version = "6.4.0-150600.23.7.3"}}),
                                         package("kernel-devel", "6.4.0", "150600.23.7.3", "noarch")};
  EXPECT_THAT(ids(rpm_kernels(packages, shipped("opensuse-leap-15.6"))),
              ElementsAre("opensuse-leap-15.6/default.x86_64@6.4.0-150600.23.7-default"));
}

TEST(RpmKernels, TellWhichPartIsNotThereInThatVersion) {
  const std::vector<RpmPackage> packages{package("kernel-default-devel", "6.4.0", "150600.23.7.3", "x86_64",
                                                 {{.name = "kernel-devel", .compare = "=", .version = "6.4.0-150600.23.7.3"}}),
                                         package("kernel-devel", "6.4.0", "150600.23.7.1", "noarch")};
  const RpmKernels found = rpm_kernels(packages, shipped("opensuse-leap-15.6"));
  EXPECT_THAT(found.kernels, IsEmpty());
  ASSERT_THAT(found.incomplete, SizeIs(1));
  EXPECT_EQ(found.incomplete.front().headers, "kernel-default-devel 6.4.0-150600.23.7.3");
  EXPECT_EQ(found.incomplete.front().part, "kernel-devel = 6.4.0-150600.23.7.3");
}

TEST(RpmKernels, DoNotTakeReleasesThatNoCatalogueKnowsOrThatAreNone) {
  const Catalogue el = shipped("el9");
  for (const auto& [version, release] : {std::pair<std::string, std::string>{"5.14.0", "503-14.el9"},
                                         {"4.18.0", "503.el8"},
                                         {"5.14.0", "../../x.el9"},
                                         {"5.14.0", "5*.el9"},
                                         {"5.14.0", "5 .el9"},
                                         {"5.14.0", "@5.el9"}}) {
    const std::vector<RpmPackage> packages{package("kernel-devel", version, release)};
    EXPECT_THAT(ids(rpm_kernels(packages, el)), IsEmpty()) << version << "-" << release;
  }
  const std::vector<RpmPackage> foreign{package("kernel-devel", "5.14.0", "503.el9", "sparc64"),
                                        package("kernel-doc", "5.14.0", "503.el9")};
  EXPECT_THAT(ids(rpm_kernels(foreign, el)), IsEmpty());
}

TEST(RpmKernels, SurviveBeingWrittenDown) {
  std::vector<RpmPackage> packages{package("kernel-devel", "5.14.0", "503.14.1.el9_5")};
  packages.front().facts.digest = std::string(128, 'b');
  const RpmKernels found = rpm_kernels(packages, shipped("el9"));
  const auto again = kernels_from_text(kernels_to_text(found.kernels), "kmpack.lock");
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again.front().origin, HeadersOrigin::rpm_md);
  EXPECT_EQ(again.front().packages.front().sha256, std::string(128, 'b'));
  EXPECT_EQ(again.front().id(), found.kernels.front()->id());
}

TEST(UnpackSymvers, FindsThemWhereDistributionsKeepThem) {
  const KernelRelease release("5.14.0-1.el9.x86_64");
  const std::string text = "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n";
  for (const auto& [place, compression] : {std::pair<std::string, Compression>{"tree/Module.symvers.zst", Compression::zstd},
                                           {"tree/symvers.gz", Compression::gzip},
                                           {"lib/modules/5.14.0-1.el9.x86_64/symvers.gz", Compression::gzip},
                                           {"usr/lib/modules/5.14.0-1.el9.x86_64/symvers.xz", Compression::xz},
                                           {"boot/symvers-5.14.0-1.el9.x86_64.gz", Compression::gzip}}) {
    const TempDir root;
    make_directories(root.path() / "tree");
    EXPECT_FALSE(unpack_symvers(root.path() / "tree", root.path(), release));
    make_directories((root.path() / place).parent_path());
    write_file(root.path() / place, compressed(text, compression));
    EXPECT_TRUE(unpack_symvers(root.path() / "tree", root.path(), release)) << place;
    EXPECT_EQ(read_file(root.path() / "tree/Module.symvers"), text) << place;
  }
}

}  // namespace
}  // namespace kmpack
