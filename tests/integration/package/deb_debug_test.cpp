#include <gmock/gmock.h>

#include "fixture.hpp"
#include "support/thrown.hpp"
#include "wrap/deb.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Two modules that a real compiler and linker gave debug information, split as sealing does it.
struct DebugSymbols : Packing {
  void SetUp() override {
    for (const char* name : {"gcc", "ld", "objcopy", "strip", "readelf", "dpkg-deb"}) {
      if (find_program(name)) continue;
      if (std::getenv("CI") != nullptr) FAIL() << name << " is not installed";
      GTEST_SKIP() << name << " is not installed";
    }
    sample.newest = false;
    for (const SealedModule& module : sample.modules) split(module, "--build-id=sha1");
  }

  void split(const SealedModule& module, const std::string& linking) {
    const std::string base = (place.path() / module.facts.name.str()).string();
    write_file(base + ".c", "int " + std::string(module.facts.name.str() == "hello" ? "one" : "two") + "(int a) { return a; }\n");
    output_of("gcc", {"-c", "-g", "-o", base + ".o", base + ".c"});
    output_of("ld", {"-r", linking, "-o", base + ".whole", base + ".o"});
    fs::create_directories(debug_of(module).parent_path());
    output_of("objcopy", {"--only-keep-debug", "--compress-debug-sections", base + ".whole", debug_of(module).string()});
    output_of("strip", {"--strip-debug", "-o", module.file.string(), base + ".whole"});
  }

  static fs::path debug_of(const SealedModule& module) {
    return module.file.parent_path() / "debug" / (module.facts.name.str() + ".ko.debug");
  }

  std::string build_id(const fs::path& file) {
    const std::string notes = output_of("readelf", {"-n", file.string()});
    const std::size_t at = notes.find("Build ID: ");
    return at == std::string::npos ? "" : notes.substr(at + 10, 40);
  }

  std::string field(const fs::path& deb, const std::string& name) {
    std::string value = output_of("dpkg-deb", {"--field", deb.string(), name});
    while (value.ends_with('\n')) value.pop_back();
    return value;
  }
};

TEST_F(DebugSymbols, AreAPackageAsDebhelperMakesIt) {
  const std::vector<PackageFile> packages = pack(Format::deb);
  ASSERT_EQ(packages.size(), 2U);
  const PackageFile& debug = packages[1];
  EXPECT_EQ(debug.kind, PackageKind::debug_info);
  EXPECT_EQ(debug.path.filename(), "hello-modules-6.1.0-7-amd64-dbgsym_1.2-1+6.1.20+2_amd64.deb");
  EXPECT_EQ(field(debug.path, "Auto-Built-Package"), "debug-symbols");
  EXPECT_EQ(field(debug.path, "Depends"), "hello-modules-6.1.0-7-amd64 (= 1.2-1+6.1.20+2)");
  EXPECT_EQ(field(debug.path, "Section"), "debug");
  EXPECT_EQ(field(debug.path, "Source"), "hello-kmod (1.2-1)");
  EXPECT_EQ(field(debug.path, "Description"), "debug symbols for hello-modules-6.1.0-7-amd64");
  for (const char* none : {"Provides", "Conflicts", "Replaces", "Homepage"}) EXPECT_EQ(field(debug.path, none), "") << none;
  std::vector<std::string> ids;
  for (const SealedModule& module : sample.modules) ids.push_back(build_id(module.file));
  std::ranges::sort(ids);
  EXPECT_EQ(field(debug.path, "Build-Ids"), ids[0] + " " + ids[1]);
}

TEST_F(DebugSymbols, LieWhereDebuggersLook) {
  const fs::path deb = pack(Format::deb).at(1).path;
  const fs::path root = place.path() / "root";
  output_of("dpkg-deb", {"--extract", deb.string(), root.string()});
  for (const SealedModule& module : sample.modules) {
    const std::string id = build_id(module.file);
    const fs::path file = root / "usr/lib/debug/.build-id" / id.substr(0, 2) / (id.substr(2) + ".debug");
    ASSERT_TRUE(fs::is_regular_file(file)) << file;
    EXPECT_EQ(build_id(file), id);
    EXPECT_THAT(output_of("readelf", {"--debug-dump=info", file.string()}), HasSubstr(module.facts.name.str() + ".c"));
  }
  EXPECT_EQ(fs::read_symlink(root / "usr/share/doc/hello-modules-6.1.0-7-amd64-dbgsym"), "hello-modules-6.1.0-7-amd64");
  EXPECT_TRUE(read_deb(deb).scripts.empty());
}

TEST_F(DebugSymbols, AreNotMadeOfWhatHasNoBuildIdOrNoDebugInformation) {
  split(sample.modules[0], "--build-id=none");
  EXPECT_EQ(field(pack(Format::deb).at(1).path, "Build-Ids"), build_id(sample.modules[1].file));
  fs::remove(debug_of(sample.modules[1]));
  EXPECT_EQ(pack(Format::deb).size(), 1U);
}

TEST_F(DebugSymbols, AreRefusedWhenTheyAreOfAnotherBuild) {
  fs::copy_file(debug_of(sample.modules[1]), debug_of(sample.modules[0]), fs::copy_options::overwrite_existing);
  EXPECT_EQ(code_thrown_by([&] { pack(Format::deb); }), "seal-mismatch");
}

TEST_F(DebugSymbols, SatisfyLintian) {
  KMPACK_NEED_TOOL("lintian");
  const PackageFile debug = pack(Format::deb).at(1);
  const Completed lintian = run("lintian", {"--allow-root", "--fail-on", "error,warning", "--no-cfg", debug.path.string()},
                                {{"HOME", place.path().string()}});
  EXPECT_TRUE(lintian.ok()) << lintian.tail << lintian.errors;
}

}  // namespace
}  // namespace kmpack::test
