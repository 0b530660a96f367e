#include "pipeline/result_key.hpp"

#include <functional>
#include <set>

#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// A cell with its sources in one directory and its headers in another, wherever these are.
struct KeyBench {
  KeyBench() {
    write_file(source() / "hello.c", "int x;\n");
    write_file(source() / "kmpack.xml", "<package/>\n");
    manifest.name = PackageName("hello");
    manifest.version = "1";
    manifest.file = source() / "kmpack.xml";
    manifest.source.directory = source();
    manifest.modules.push_back({.name = ModuleName("hello")});
    kernel.flavor = {.distribution = "debian-12", .flavor = "amd64", .arch = "amd64"};
    kernel.release = KernelRelease("6.1.0-7-amd64");
    headers.digest = "headers";
    headers.epoch = 17;
    headers.root = directory.path() / "store/root";
    headers.tree = headers.root / "usr/src/linux";
    headers.makefile = headers.root / "usr/src/common/Makefile";
    make_directories(headers.tree);
  }
  [[nodiscard]] fs::path source() const { return directory.path() / "source"; }
  [[nodiscard]] Cell cell() const {
    return {.manifest = std::make_shared<const Manifest>(manifest), .kernel = std::make_shared<const Kernel>(kernel)};
  }
  [[nodiscard]] std::string key() const {
    ManifestDigests source = manifest_inputs(manifest, {});
    source.machine += machine;
    return result_key(
        cell(), headers,
        {.source = std::move(source), .compiler = compiler, .confined = confined, .dependencies = dependencies, .workspace = {}});
  }

  TempDir directory;
  Manifest manifest;
  Kernel kernel;
  HeaderTree headers;
  std::string compiler = "gcc";
  std::string machine;
  bool confined = true;
  std::vector<BuiltDependency> dependencies;
};

TEST(ResultKey, IsTheSameWhereverThingsLieAndWhenever) {
  KeyBench here;
  KeyBench there;
  fs::last_write_time(there.source() / "hello.c", fs::file_time_type::clock::now() - std::chrono::hours(1000));
  EXPECT_EQ(here.key(), there.key());
  EXPECT_EQ(here.key().size(), 64U);
}

TEST(ResultKey, DoesNotKnowWhatIsOnlyPacked) {
  KeyBench bench;
  const std::string before = bench.key();
  bench.manifest.summary = "Another summary";
  bench.manifest.release = "7";
  bench.manifest.deb.needs = {"bash"};
  bench.kernel.package_version = "6.1.20-3";
  bench.kernel.rules.directory = "elsewhere";
  EXPECT_EQ(bench.key(), before);
}

TEST(ResultKey, IsAnotherForEachThingThatDecidesTheModules) {
  KeyBench bench;
  std::set<std::string> keys{bench.key()};
  const auto changes = [&](const char* what, const std::function<void()>& change) {
    change();
    EXPECT_TRUE(keys.insert(bench.key()).second) << what;
  };
  changes("a source", [&] { write_file(bench.source() / "hello.c", "int y;\n"); });
  changes("a file more", [&] { write_file(bench.source() / "more.h", ""); });
  changes("a manifest that Makefiles can read", [&] { write_file(bench.source() / "kmpack.xml", "<package >\n"); });
  changes("an x bit", [&] { fs::permissions(bench.source() / "hello.c", fs::perms::owner_exec, fs::perm_options::add); });
  changes("a patch", [&] {
    write_file(bench.directory.path() / "a.patch", "patch");
    bench.manifest.patches.push_back({.file = bench.directory.path() / "a.patch"});
  });
  changes("its text", [&] { write_file(bench.directory.path() / "a.patch", "other"); });
  changes("a make variable", [&] { bench.manifest.make.variables.push_back({"KCFLAGS", "-DX"}); });
  changes("the make target", [&] { bench.manifest.make.target = "all"; });
  changes("a module's name when installed", [&] { bench.manifest.modules.front().file = ModuleName("other"); });
  changes("whether it is stripped", [&] { bench.manifest.modules.front().strip = Strip::no; });
  changes("the version, which stands in paths of debug information", [&] { bench.manifest.version = "2"; });
  changes("the headers", [&] { bench.headers.digest = "others"; });
  changes("the date", [&] { bench.headers.epoch = 18; });
  changes("the compiler", [&] { bench.compiler = "gcc with a fix"; });
  changes("the distribution that Makefiles ask for", [&] { bench.machine = "another"; });
  changes("the release", [&] { bench.kernel.release = KernelRelease("6.1.0-8-amd64"); });
  changes("the cross compiler's prefix", [&] { bench.headers.cross_prefix = "aarch64-linux-gnu-"; });
  changes("the family, by which debug information is packed or not", [&] { bench.kernel.rules.family = PackageFamily::rpm; });
  changes("a document that is to be kept", [&] { bench.manifest.install.documents = {"README"}; });
  changes("a command", [&] { bench.manifest.make.before = {{.text = "./configure"}}; });
  changes("whether that runs confined", [&] { bench.confined = false; });
  changes("headers outside of the store, by their place", [&] { bench.headers.root = "/"; });
  changes("that place", [&] { bench.headers.tree = bench.directory.path() / "elsewhere"; });
}

TEST(ResultKey, KnowsThatALinkedStoreShowsItsRealPlace) {
  KeyBench plain;
  KeyBench linked;
  const fs::path store = linked.directory.path() / "store";
  fs::rename(store, linked.directory.path() / "real");
  fs::create_directory_symlink("real", store);
  EXPECT_NE(plain.key(), linked.key());
}

TEST(ResultKey, KnowsTheSymbolsAndSourcesOfWhatIsNeeded) {
  KeyBench bench;
  KeyBench other;
  write_file(other.directory.path() / "symvers", "0x1\ta\tb\tEXPORT_SYMBOL\t\n");
  const std::string without = bench.key();
  bench.dependencies.push_back({.cell = other.cell(), .symvers = other.directory.path() / "symvers", .modules = {}});
  const std::string with = bench.key();
  EXPECT_NE(with, without);
  write_file(other.directory.path() / "symvers", "0x2\ta\tb\tEXPORT_SYMBOL\t\n");
  const std::string changed = bench.key();
  EXPECT_NE(changed, with);
  write_file(other.source() / "hello.h", "#define X\n");
  std::set<std::string> keys{with, changed, bench.key()};
  EXPECT_EQ(keys.size(), 3U);
  fs::create_symlink("hello.h", other.source() / "link.h");
  EXPECT_TRUE(keys.insert(bench.key()).second) << "a link is copied, too";
  fs::permissions(other.source() / "hello.c", fs::perms::owner_exec, fs::perm_options::add);
  EXPECT_TRUE(keys.insert(bench.key()).second) << "so is an x bit";
  make_directories(other.source() / "empty");
  EXPECT_TRUE(keys.insert(bench.key()).second) << "and a directory";
}

TEST(ResultKey, ConfinementMattersOnlyToForeignText) {
  KeyBench bench;
  const std::string confined = bench.key();
  bench.confined = false;
  EXPECT_EQ(bench.key(), confined);
  EXPECT_FALSE(runs_foreign_text(bench.manifest));
  bench.manifest.build_depends = {PackageName("core")};
  EXPECT_TRUE(runs_foreign_text(bench.manifest));
}

TEST(PackedSources, AreDocumentsAndForRpmsWhatDebuggersShow) {
  KeyBench bench;
  for (const char* file : {"README", "docs/a.txt", "hello.c", "sub/x.h", "x.S", "x.inc", "hello.o", "hello.mod.c"})
    write_file(bench.source() / file, "x");
  bench.manifest.install.documents = {"docs/a.txt", "./README"};
  bench.manifest.install.licenses = {"COPYING"};
  EXPECT_THAT(packed_sources(bench.cell(), bench.source()), testing::ElementsAre("COPYING", "README", "docs/a.txt"));
  bench.kernel.rules.family = PackageFamily::rpm;
  EXPECT_THAT(packed_sources(bench.cell(), bench.source()),
              testing::ElementsAre("COPYING", "README", "docs/a.txt", "hello.c", "hello.mod.c", "sub/x.h", "x.S", "x.inc"));
}

}  // namespace
}  // namespace kmpack
