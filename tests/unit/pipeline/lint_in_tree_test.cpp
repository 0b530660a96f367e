#include "pipeline/lint_in_tree.hpp"

#include <gtest/gtest.h>

#include "support/fake_module.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class LintInTree : public testing::Test {
 protected:
  LintInTree() {
    manifest_.name = PackageName("pair");
    manifest_.version = "9.9";
    manifest_.source.directory = dir_.path() / "source";
    make_directories(manifest_.source.directory);
    const SourceSpan where{"kmpack.xml", 4, 0};
    manifest_.modules = {{.name = ModuleName("hid_one"), .directory = ".", .uses = {}, .where = where},
                         {.name = ModuleName("two"), .directory = ".", .uses = {}, .where = where}};
  }

  /// A kernel with one module of this name and MODULE_VERSION (none when empty).
  SeenKernel kernel(const std::string& release, const fs::path& module, const std::string& version) {
    const fs::path modules = dir_.path() / release / "lib/modules" / release;
    make_directories((modules / module).parent_path());
    test::FakeModule made = test::plain_module();
    if (!version.empty()) made.modinfo({"version=" + version});
    write_file(modules / module, made.bytes());
    return {"debian-12/amd64@" + release, {.root = {}, .vmlinuz = {}, .modules = modules, .system_map = {}}};
  }

  TempDir dir_;
  Manifest manifest_;
};

TEST_F(LintInTree, NamesAModuleWithBothVersionsAndItsKernels) {
  write_file(manifest_.source.directory / "hid-one.c", "MODULE_VERSION(\"1.2\");\n");
  const std::vector<SeenKernel> kernels = {kernel("6.1", "kernel/drivers/hid/hid-one.ko", "3.4"),
                                           kernel("6.2", "kernel/drivers/hid/hid-one.ko", "3.4"),
                                           kernel("6.3", "kernel/drivers/new/hid-one.ko", "")};
  Diagnostics problems;
  lint_in_tree(manifest_, kernels, problems);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(to_text(problems.all().front()),
            "kmpack.xml:4: warning: kernels bring a module hid_one themselves [lint-module-in-tree]\n"
            "  note: version here: 1.2\n"
            "  note: debian-12/amd64@6.1, debian-12/amd64@6.2: kernel/drivers/hid/hid-one.ko, version: 3.4\n"
            "  note: debian-12/amd64@6.3: kernel/drivers/new/hid-one.ko, version: that of the kernel\n"
            "  note: the one in updates/ is loaded then; an initramfs made before it was installed still has the kernel's\n"
            "  hint: exclude kernels whose own is as good (BUILD_EXCLUSIVE_KERNEL_MAX, <kernels max=…>), or give this one "
            "another name");
}

TEST_F(LintInTree, TakesThePackagesVersionWhereTheSourceHasNone) {
  const std::vector<SeenKernel> kernels = {kernel("6.1", "kernel/two.ko", "1")};
  Diagnostics problems;
  lint_in_tree(manifest_, kernels, problems);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all().front().notes.front(), "version here: 9.9");
}

TEST_F(LintInTree, NamesTheLineOfADkmsConf) {
  const fs::path conf = manifest_.source.directory / "dkms.conf";
  write_file(conf, "PACKAGE_NAME=x\nBUILT_MODULE_NAME[0]=hid_one\nBUILT_MODULE_NAME[1]=two\n");
  manifest_.dkms = DkmsOrigin{.conf = conf, .name = "x", .version = "1", .overrides = {}};
  for (ModuleSpec& module : manifest_.modules) module.where = {conf, 0, 0};
  const std::vector<SeenKernel> kernels = {kernel("6.1", "kernel/two.ko", "1")};
  Diagnostics problems;
  lint_in_tree(manifest_, kernels, problems);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all().front().where, (SourceSpan{conf, 3, 0}));
}

TEST_F(LintInTree, IsSilentAboutModulesThatNoKernelHas) {
  const std::vector<SeenKernel> kernels = {kernel("6.1", "kernel/drivers/three.ko", "1"), kernel("6.2", "updates/two.ko", "1")};
  Diagnostics problems;
  lint_in_tree(manifest_, kernels, problems);
  EXPECT_TRUE(problems.all().empty());
}

TEST_F(LintInTree, GoesOnWhereAModuleCannotBeRead) {
  const std::vector<SeenKernel> kernels = {kernel("6.1", "kernel/two.ko", "1")};
  write_file(kernels.front().image.modules / "kernel/two.ko", "no module");
  Diagnostics problems;
  lint_in_tree(manifest_, kernels, problems);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_NE(to_text(problems.all().front()).find("version: one that cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace kmpack
