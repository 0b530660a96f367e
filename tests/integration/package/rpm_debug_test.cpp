#include <gmock/gmock.h>

#include "base/text.hpp"
#include "fixture.hpp"
#include "style_cell.hpp"
#include "support/thrown.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A module with debug information from a real compiler and linker, split as sealing does it.
struct DebugPackages : Packing {
  StyleCell cell{RpmStyle::kmod};
  fs::path source = place.path() / "work/source";

  void SetUp() override {
    for (const char* name : {"gcc", "ld", "objcopy", "strip", "readelf"}) {
      if (!find_program(name)) {
        if (std::getenv("CI") != nullptr) FAIL() << name << " is not installed";
        GTEST_SKIP() << name << " is not installed";
      }
    }
    write_file(source / "core/pair_core.c", "#include \"../include/pair.h\"\nint pair_greet(int a) { return a + PAIR; }\n");
    write_file(source / "include/pair.h", "#define PAIR 2\n");
    write_file(source / "core/notes.txt", "no source\n");
    cell.build.source = source;
    cell.manifest.install.licenses.clear();
    cell.manifest.install.documents.clear();
    cell.modules.erase(cell.modules.begin() + 1, cell.modules.end());
    split_module(cell.cell().source_place());
  }

  void split_module(const std::string& mapped) {
    const fs::path object = place.path() / "pair_core.o";
    const fs::path whole = place.path() / "whole.ko";
    output_of("gcc", {"-c", "-g", "-ffile-prefix-map=" + source.string() + "=" + mapped, "-o", object.string(),
                      (source / "core/pair_core.c").string()});
    output_of("ld", {"-r", "--build-id=sha1", "-o", whole.string(), object.string()});
    const fs::path module = cell.modules[0].file;
    const fs::path debug = module.parent_path() / "debug/pair_core.ko.debug";
    fs::create_directories(debug.parent_path());
    output_of("objcopy", {"--only-keep-debug", whole.string(), debug.string()});
    output_of("strip", {"--strip-debug", "-o", module.string(), whole.string()});
  }

  std::vector<PackageFile> packed() {
    const std::vector formats{Format::rpm};
    return make_packages(cell.cell(), cell.headers, cell.build, cell.modules, formats, settings(), runner, {});
  }

  std::string list(const PackageFile& package) {
    return output_of("rpm", {"-qp", "--nosignature", "--qf", "[%{FILENAMES} %{FILELINKTOS}\n]", package.path.string()});
  }
};

TEST_F(DebugPackages, LieWhereDebuggersLook) {
  const std::vector<PackageFile> packages = packed();
  ASSERT_EQ(packages.size(), 3U);
  EXPECT_EQ(packages[1].name, "kmod-pair-debuginfo");
  EXPECT_EQ(packages[1].kind, PackageKind::debug_info);
  EXPECT_EQ(packages[2].name, "kmod-pair-debugsource");
  EXPECT_EQ(packages[2].kind, PackageKind::debug_source);
  const std::string notes = output_of("readelf", {"-n", cell.modules[0].file.string()});
  const std::size_t at = notes.find("Build ID: ") + 10;
  const std::string id = notes.substr(at, 40);
  const std::string module = "/lib/modules/5.14.0-427.13.1.el9_4.x86_64/extra/pair/pair_core.ko.debug";
  EXPECT_THAT(list(packages[1]), HasSubstr("/usr/lib/debug" + module + " \n"));
  EXPECT_THAT(list(packages[1]),
              HasSubstr("/usr/lib/debug/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug ../.." + module + "\n"));
  EXPECT_THAT(output_of("rpm", {"-qp", "--nosignature", "--requires", packages[1].path.string()}),
              HasSubstr("kmod-pair-debugsource = 1.0-1_k5.14.0_427.13.1.el9_4\n"));
  EXPECT_THAT(output_of("rpm", {"-qp", "--nosignature", "--provides", packages[1].path.string()}),
              ::testing::Not(HasSubstr("kmod(")));
}

TEST_F(DebugPackages, HaveTheSourcesUnderTheNamesThatAreCompiledIn) {
  const std::vector<PackageFile> packages = packed();
  ASSERT_EQ(packages.size(), 3U);
  const std::string info =
      output_of("readelf", {"--debug-dump=info", (cell.modules[0].file.parent_path() / "debug/pair_core.ko.debug").string()});
  const std::string name = "/usr/src/debug/pair-1.0-5.14.0-427.13.1.el9_4.x86_64/core/pair_core.c";
  EXPECT_THAT(info, HasSubstr(name));
  const std::string files = list(packages[2]);
  EXPECT_THAT(files, HasSubstr(name + " \n"));
  EXPECT_THAT(files, HasSubstr("/include/pair.h \n"));
  EXPECT_THAT(files, ::testing::Not(HasSubstr("notes.txt")));
}

TEST_F(DebugPackages, HaveTheSourcesOfASubdirectoryWhereTheyAreCompiledIn) {
  cell.manifest.source.subdirectory = "driver";
  split_module(cell.cell().source_place() + "/driver");
  const std::vector<PackageFile> packages = packed();
  ASSERT_EQ(packages.size(), 3U);
  EXPECT_THAT(list(packages[2]), HasSubstr("/usr/src/debug/pair-1.0-5.14.0-427.13.1.el9_4.x86_64/driver/core/pair_core.c \n"));
}

TEST_F(DebugPackages, HaveNoSourcesThatNothingNames) {
  split_module("/usr/src/elsewhere");
  EXPECT_EQ(packed().size(), 2U);
}

TEST_F(DebugPackages, AreNotMadeWithoutDebugInformation) {
  fs::remove_all(cell.modules[0].file.parent_path() / "debug");
  EXPECT_EQ(packed().size(), 1U);
}

TEST_F(DebugPackages, RefuseDebugInformationOfAnotherBuild) {
  const fs::path debug = cell.modules[0].file.parent_path() / "debug/pair_core.ko.debug";
  const std::string kept = read_file(debug);
  write_file(source / "include/pair.h", "#define PAIR 3\n");
  split_module(cell.cell().source_place());
  write_file(debug, kept);
  EXPECT_EQ(code_thrown_by([&] { packed(); }), "seal-mismatch");
}

}  // namespace
}  // namespace kmpack::test
