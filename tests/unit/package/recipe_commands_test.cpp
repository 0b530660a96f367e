#include "package/recipe_commands.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "package/recipe.hpp"
#include "package/recipe_install.hpp"
#include "support/sample_cell.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace fs = std::filesystem;

// What a recipe does for a manifest's own commands, run by sh.
namespace kmpack {
namespace {

using ::testing::HasSubstr;

const RecipePlaces& plain_places() {
  static const RecipePlaces places{.sources = "$top", .root = "$root", .make = "make", .makeflags = "-j2", .root_map = ""};
  return places;
}

struct RecipeShell : ::testing::Test {
  RecipeShell() {
    fs::create_directories(place("copy/src/sub"));
    write_file(place("tree/include/config/auto.conf"), "CONFIG_MODULES=y\n");
    sample.manifest.source.subdirectory = "src";
  }

  [[nodiscard]] fs::path place(const fs::path& below) const { return fs::canonical(directory.path()) / below; }

  void give(std::vector<BuildCommand>& commands, const std::string& text) const {
    commands.push_back({.text = text, .when = {}, .where = {}});
  }

  [[nodiscard]] RecipePart part() const {
    RecipePart part{.cell = sample.cell(), .headers = sample.headers, .source = sample.build.source};
    part.headers.epoch = 1700000000;
    return part;
  }

  /// Runs the recipe's part that compiles, in both forms: a Debian source's, and a spec's as rpm hands it to the shell.
  Completed compile(const RecipePlaces& places = plain_places()) {
    std::string text = recipe_make(part(), "$tree", places);
    if (places.percent == Percent::doubled) text = replaced(std::move(text), "%%", "%");
    write_file(
        place("script"),
        fmt::format("set -eu\ncopy={0}/copy\nsource={0}/copy/src\ntree={0}/tree\n", place("").parent_path().string()) + text);
    auto environment = scrubbed_environment(0);
    environment["CFLAGS"] = "-O9";
    environment["RPM_BUILD_NCPUS"] = "2";
    return runner.run({.program = "sh", .args = {place("script").string()}, .environment = environment}, {});
  }

  std::string said(const fs::path& below) const { return read_file(place("copy/src") / below); }

  test::SampleCell sample;
  TempDir directory;
  ProcessRunner runner;
};

TEST_F(RecipeShell, PlainKbuildNeedsNoneOfIt) {
  EXPECT_EQ(recipe_make(part(), "$tree", plain_places()).find("kmpack_command"), std::string::npos);
}

TEST_F(RecipeShell, ACommandFindsItsKernelInItsTextWhateverTheQuotes) {
  give(sample.manifest.make.commands, "echo '${kernelver}' \"${kernel_source_dir}\" ${build_dir} > told");
  ASSERT_TRUE(compile().ok()) << compile().tail;
  EXPECT_EQ(said("told"), fmt::format("6.1.0-7-amd64 {} {}\n", place("tree").string(), place("copy/src").string()));
}

TEST_F(RecipeShell, ACommandThatClearsTheTreesOfDkmsReachesItsOwnOnly) {
  const std::string home = place("copy.home").string();
  give(sample.manifest.make.commands, "echo '${dkms_tree}' \"${source_tree}\"/other > told");
  ASSERT_TRUE(compile().ok()) << compile().tail;
  EXPECT_EQ(said("told"), home + " " + home + "/other\n");
}

TEST_F(RecipeShell, ACommandFindsTheSameInItsEnvironmentAndNothingOfTheBuilders) {
  give(sample.manifest.make.commands, "env | sort > told; pwd > place; cat > input; cat $kernel_config > config");
  sample.manifest.make.variables = {{.name = "WITH", .value = "a  $b"}};
  ASSERT_TRUE(compile().ok()) << compile().tail;
  const std::string told = "\n" + said("told");
  for (const std::string& line :
       {std::string("kernelver=6.1.0-7-amd64"), "kernel_source_dir=" + place("tree").string(), std::string("arch=x86_64"),
        "build_dir=" + place("copy/src").string(), std::string("module=hello"), std::string("module_version=1.2"),
        std::string("PACKAGE_NAME=hello"), std::string("PACKAGE_VERSION=1.2"), std::string("SOURCE_DATE_EPOCH=1700000000"),
        std::string("KBUILD_BUILD_TIMESTAMP=@1700000000"), std::string("LC_ALL=C.UTF-8")}) {
    EXPECT_THAT(told, HasSubstr("\n" + line + "\n"));
  }
  EXPECT_THAT(told, HasSubstr("\nMAKEFLAGS=-j2 -- WITH=a\\ \\ $$b\n"));
  EXPECT_THAT(told, HasSubstr("\nKCFLAGS=-ffile-prefix-map=" + place("copy").string() + "="));
  EXPECT_EQ(told.find("CFLAGS=-O9"), std::string::npos);
  // To a Makefile that adds to it, an empty one is another thing than none.
  EXPECT_EQ(told.find("KBUILD_EXTRA_SYMBOLS"), std::string::npos);
  EXPECT_EQ(said("place"), place("copy/src").string() + "\n");
  EXPECT_EQ(said("input"), "");
  EXPECT_EQ(said("config"), "CONFIG_MODULES=y\n");
}

TEST_F(RecipeShell, MakeHasTheVariablesOfTheManifestAsOnItsCommandLine) {
  sample.manifest.make.variables = {{.name = "WITH", .value = "a  $$b"}};
  write_file(place("copy/src/Makefile"), "WITH = nothing\nall:\n\t@printf '%s\\n' '$(WITH)' > told\n");
  give(sample.manifest.make.commands, "make");
  ASSERT_TRUE(compile().ok()) << compile().tail;
  EXPECT_EQ(said("told"), "a  $b\n");
}

TEST_F(RecipeShell, TextOfTheUserReachesBashAsItIs) {
  const std::string text =
      "cat > told <<'END'\n%if \"a\" `b` $(c) \\ 'd' %%{x} %prep\n\n  #e\nEND\n%:() { :; }; [[ a == a ]] && echo 5%% >> told";
  for (const RecipePlaces* places : {&plain_places(), &spec_places()}) {
    sample.manifest.make.commands.clear();
    give(sample.manifest.make.commands, text);
    const Completed completed = compile(*places);
    ASSERT_TRUE(completed.ok()) << completed.tail;
    EXPECT_EQ(said("told"), "%if \"a\" `b` $(c) \\ 'd' %%{x} %prep\n\n  #e\n5%%\n");
  }
}

TEST_F(RecipeShell, NoLineOfASpecBeginsWithTextOfTheUser) {
  give(sample.manifest.make.commands, "%prep\n%install\n# x");
  const std::string text = recipe_make(part(), "$tree", spec_places());
  for (const std::string_view line : split(text, '\n')) EXPECT_FALSE(line.starts_with("%") || line.starts_with("#")) << line;
  EXPECT_THAT(text, HasSubstr("\"%%prep\"\n"));
}

TEST_F(RecipeShell, TheRootOfAnUnpackedKernelIsMappedAwayAsItIsForKbuild) {
  give(sample.manifest.make.commands, "make");
  const std::string text = recipe_make(part(), "$tree", spec_places());
  EXPECT_THAT(text, HasSubstr("%{?kmpack_root: -fdebug-prefix-map=%{kmpack_root}= -fmacro-prefix-map=%{kmpack_root}=}"));
  EXPECT_EQ(text.find("@root@"), std::string::npos);
  EXPECT_EQ(recipe_make(part(), "$tree", plain_places()).find("@root@"), std::string::npos);
}

TEST_F(RecipeShell, CommandsRunInTheirOrderAndAFailureEndsTheBuild) {
  give(sample.manifest.make.before, "echo before >> told");
  give(sample.manifest.make.commands, "echo first >> told");
  give(sample.manifest.make.commands, "echo second >> told; false");
  give(sample.manifest.make.after, "echo after >> told");
  EXPECT_FALSE(compile().ok());
  EXPECT_EQ(said("told"), "before\nfirst\nsecond\n");
}

TEST_F(RecipeShell, WhatRunsLastMayCleanUpAndModulesAreTakenBefore) {
  give(sample.manifest.make.commands, "echo module > sub/hello.ko; echo symbols > Module.symvers");
  give(sample.manifest.make.after, "echo $KBUILD_EXTRA_SYMBOLS > told; rm sub/hello.ko");
  const Completed completed = compile();
  ASSERT_TRUE(completed.ok()) << completed.tail;
  EXPECT_EQ(read_file(place("copy.modules/sub/hello.ko")), "module\n");
  EXPECT_FALSE(fs::exists(place("copy/src/sub/hello.ko")));
  EXPECT_EQ(said("told"), place("copy/src/Module.symvers").string() + "\n");
  EXPECT_EQ(module_root(sample.manifest), "$copy.modules");
  sample.manifest.make.after.clear();
  EXPECT_EQ(module_root(sample.manifest), "$source");
}

TEST_F(RecipeShell, TheTreesOfDkmsLeadToTheSourceAndTheHeaders) {
  give(sample.manifest.make.commands,
       "echo \"$module-$module_version\" > told; cd $dkms_tree/$module/$module_version/build && cat told > one; "
       "cat $source_tree/$PACKAGE_NAME-$PACKAGE_VERSION/told > two; cat $install_tree/$kernelver/build/include/config/auto.conf "
       "> three");
  const Completed completed = compile();
  ASSERT_TRUE(completed.ok()) << completed.tail;
  EXPECT_EQ(said("one"), "hello-1.2\n");
  EXPECT_EQ(said("two"), "hello-1.2\n");
  EXPECT_EQ(said("three"), "CONFIG_MODULES=y\n");
}

TEST(ModuleCommand, TakesAModuleByTheNameItIsBuiltUnderAndKeepsWhatIsNotToBeStripped) {
  test::SampleCell sample;
  sample.manifest.modules = {
      {.name = ModuleName{"hello"}, .directory = "sub", .file = ModuleName{"greeter"}, .strip = Strip::no}};
  const RecipePart part{.cell = sample.cell(), .headers = sample.headers, .source = {}};
  const PackedFile file{.path = "/lib/modules/1/updates/hello/greeter.ko.xz", .kind = FileKind::module};
  EXPECT_EQ(module_command(file, part, plain_places()),
            "kmpack_module \"$source/sub\" hello.ko /lib/modules/1/updates/hello/greeter.ko whole\n");
  sample.manifest.modules.front().strip = Strip::yes;
  sample.manifest.make.after = {{.text = "true", .when = {}, .where = {}}};
  const RecipePart other{.cell = sample.cell(), .headers = sample.headers, .source = {}};
  EXPECT_EQ(module_command(file, other, plain_places()),
            "kmpack_module \"$copy.modules/sub\" hello.ko /lib/modules/1/updates/hello/greeter.ko\n");
}

}  // namespace
}  // namespace kmpack
