#include "build/products.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class FindModules : public testing::Test {
 protected:
  FindModules() {
    manifest_->file = "kmpack.xml";
    manifest_->name = PackageName{"pair"};
    kernel_->release = KernelRelease{"6.1.0-9-amd64"};
    cell_.manifest = manifest_;
    cell_.kernel = kernel_;
  }
  void built(const std::string& name) const {
    make_directories((temp_.path() / name).parent_path());
    write_file(temp_.path() / name, "x");
  }
  void named(const std::string& name, const std::string& directory) {
    manifest_->modules.push_back({.name = ModuleName{name}, .directory = directory, .uses = {}, .where = {"kmpack.xml", 12, 0}});
    steps_.push_back({directory, {ModuleName{name}}});
  }
  std::vector<std::string> found() {
    std::vector<std::string> files;
    for (const BuiltModule& module : find_modules(cell_, steps_, temp_.path(), warnings_)) {
      files.push_back(module.file.lexically_relative(temp_.path()).string());
    }
    return files;
  }
  std::string refusal() {
    try {
      found();
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "";
  }

  TempDir temp_;
  std::shared_ptr<Manifest> manifest_ = std::make_shared<Manifest>();
  std::shared_ptr<Kernel> kernel_ = std::make_shared<Kernel>();
  Cell cell_;
  std::vector<BuildStep> steps_;
  std::vector<Diagnostic> warnings_;
};

TEST_F(FindModules, FindsThemInTheirDirectoryOrBelowWithEitherSpelling) {
  built("a.ko");
  built("sub/deep/b_c.ko");
  named("a", ".");
  named("b-c", "sub");
  EXPECT_THAT(found(), testing::ElementsAre("a.ko", "sub/deep/b_c.ko"));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(FindModules, SaysWhatWasMadeInsteadAndGuesses) {
  built("hello.ko");
  built("sub/other.ko");
  named("helo", ".");
  EXPECT_EQ(refusal(),
            "kmpack.xml:12: error: the build of pair for 6.1.0-9-amd64 made no helo.ko [module-not-built]\n"
            "  note: it made: hello.ko, sub/other.ko\n"
            "  hint: did you mean 'hello'?");
}

TEST_F(FindModules, SaysWhenNothingWasMade) {
  named("hello", "src");
  EXPECT_EQ(refusal(),
            "kmpack.xml:12: error: the build of pair for 6.1.0-9-amd64 made no hello.ko [module-not-built]\n"
            "  note: it made: nothing\n"
            "  hint: the Kbuild or Makefile in 'src' has to name it with obj-m; plain kbuild runs nothing else");
}

TEST_F(FindModules, SaysOfCommandsWhereItLooked) {
  manifest_->make.commands.push_back({.text = "make", .when = {}, .where = {}});
  named("hello", "src");
  EXPECT_EQ(refusal(),
            "kmpack.xml:12: error: the build of pair for 6.1.0-9-amd64 made no hello.ko [module-not-built]\n"
            "  note: it made: nothing\n"
            "  hint: the build's commands ended well; the log shows what they did, and it is looked for below 'src'");
}

TEST_F(FindModules, TellsHowEachIsToBeInstalled) {
  built("a.ko");
  built("b.ko");
  named("a", ".");
  named("b", ".");
  manifest_->modules[0].file = ModuleName{"renamed"};
  manifest_->modules[1].strip = Strip::no;
  const auto modules = find_modules(cell_, steps_, temp_.path(), warnings_);
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].installed, "renamed");
  EXPECT_EQ(modules[0].strip, Strip::yes);
  EXPECT_EQ(modules[1].installed, "");
  EXPECT_EQ(modules[1].strip, Strip::no);
}

TEST_F(FindModules, DoesNotTakeOneOfAnotherDirectory) {
  built("other/a.ko");
  named("a", "src");
  EXPECT_NE(refusal(), "");
}

TEST_F(FindModules, PrefersTheStepsOwnDirectoryAndRefusesToGuessBetweenOthers) {
  built("src/x/a.ko");
  built("src/y/a.ko");
  named("a", "src");
  EXPECT_EQ(refusal(),
            "kmpack.xml:12: error: the build of pair made a.ko in several places [module-ambiguous]\n"
            "  note: it made: src/x/a.ko, src/y/a.ko\n"
            "  hint: say in the manifest which directory is meant");
  built("src/a.ko");
  EXPECT_THAT(found(), testing::ElementsAre("src/a.ko"));
}

TEST_F(FindModules, WarnsOfModulesNobodyNamed) {
  built("a.ko");
  built("extra.ko");
  named("a", ".");
  found();
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(to_text(warnings_[0]),
            "kmpack.xml: warning: the build of pair for 6.1.0-9-amd64 also made extra.ko, which the manifest does not name and "
            "no package "
            "gets [module-unnamed]\n"
            "  hint: name it in the manifest when it is wanted");
}

TEST_F(FindModules, SaysOfADkmsConfByWhichDirectiveAModuleIsNamed) {
  manifest_->dkms = DkmsOrigin{.conf = "dkms.conf", .name = "pair", .version = "1.0", .semantics = {}, .overrides = {}};
  built("a.ko");
  built("extra.ko");
  named("a", ".");
  found();
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0].hint, "name it with a BUILT_MODULE_NAME of its own when it is wanted");
}

TEST(MergedSymvers, IsSortedAndDoesNotSayWhereItWasBuilt) {
  const TempDir temp;
  write_file(temp.path() / "one", "0x2\tb\t" + temp.path().string() + "/sub/m\tEXPORT_SYMBOL\t\n");
  write_file(temp.path() / "two", "0x1\ta\tn\tEXPORT_SYMBOL_GPL\t\n0x2\tb\tsub/m\tEXPORT_SYMBOL\t\n");
  const std::vector<fs::path> files{temp.path() / "one", temp.path() / "two"};
  EXPECT_EQ(merged_symvers(files, temp.path()), "0x1\ta\tn\tEXPORT_SYMBOL_GPL\t\n0x2\tb\tsub/m\tEXPORT_SYMBOL\t\n");
}

}  // namespace
}  // namespace kmpack
