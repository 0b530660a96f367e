#include <algorithm>
#include <thread>

#include "fixture.hpp"
#include "sys/pool.hpp"
#include "wrap/archive.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Everything here happens on one kernel; what differs between kernels is in kernels_test.cpp.
class BuildFailures : public Build {
 protected:
  void SetUp() override {
    KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
    use_headers(root, "amd64");
  }
  /// `name` of the one module; the file is copied out of modules/ so that it can be changed.
  void source_of(const std::string& name) {
    use_source(name);
    add_module(name);
  }
  void add_patch(const std::string& text) {
    const fs::path file = temp_.path() / "change.patch";
    write_file(file, text);
    manifest_.patches = {{.file = file, .strip = 1, .when = {}, .where = {"kmpack.xml", 7, 0}}};
  }
};

constexpr const char* kMend =
    "--- a/broken.c\n+++ b/broken.c\n@@ -4,5 +4,5 @@\n static int __init broken_init(void)\n {\n"
    "-\treturn kmpack_test_declared_nowhere(7);\n+\treturn 0;\n }\n \n";

TEST_F(BuildFailures, ShowTheFirstCompilerErrorAndTheLog) {
  source_of("broken");
  EXPECT_EQ(failure(), "error: tiny does not build for " + release() +
                           ": broken.c:6:16: error: implicit declaration of function 'kmpack_test_declared_nowhere' "
                           "[-Werror=implicit-function-declaration] [build-failed]\n  note: log: " +
                           log().string());
}

TEST_F(BuildFailures, ShowTheSymbolThatNobodyExports) {
  source_of("undefined");
  EXPECT_EQ(failure(),
            "error: tiny does not build for " + release() +
                ": ERROR: modpost: \"kmpack_test_exported_nowhere\" [undefined.ko] undefined! [build-failed]\n  note: log: " +
                log().string());
}

TEST_F(BuildFailures, SayWhichModuleWasNotMade) {
  use_source("hello");
  add_module("hallo");
  EXPECT_EQ(failure(), "kmpack.xml:5: error: the build of tiny for " + release() +
                           " made no hallo.ko [module-not-built]\n  note: it made: hello.ko\n  note: log: " + log().string() +
                           "\n  hint: did you mean 'hello'?");
}

TEST_F(BuildFailures, SayThatADirectoryHasNoKbuildFile) {
  use_source("pair");
  add_module("exporter", "include");
  EXPECT_THAT(
      failure(),
      StartsWith("kmpack.xml:3: error: the source of tiny has no Kbuild and no Makefile in 'include' [kbuild-file-missing]"));
}

TEST_F(BuildFailures, SayThatMakeTookTooLong) {
  source_of("hello");
  settings_.limit = std::chrono::milliseconds(100);
  EXPECT_THAT(failure(), HasSubstr("does not build for " + release() + ": make ended with time limit after 0 s [build-failed]"));
}

TEST_F(BuildFailures, AreMendedByAPatch) {
  source_of("broken");
  add_patch(kMend);
  EXPECT_EQ(failure(), "(built)");
  EXPECT_THAT(read_file(manifest_.source.directory / "broken.c"), HasSubstr("declared_nowhere")) << "the user's file was patched";
}

TEST_F(BuildFailures, NameThePatchAndHunkThatDoNotApply) {
  source_of("hello");
  add_patch("--- a/hello.c\n+++ b/hello.c\n@@ -5,3 +5,3 @@\n no such line\n-nor this\n+but this\n nor that\n");
  EXPECT_THAT(failure(), HasSubstr("change.patch does not apply: hunk 1 of hello.c fails at line 5 [patch-failed]"));
}

TEST_F(BuildFailures, IncludeAPatchThatIsThereAlready) {
  source_of("broken");
  add_patch(kMend);
  std::string text = read_file(manifest_.source.directory / "broken.c");
  text.replace(text.find("kmpack_test_declared_nowhere(7)"), 31, "0");
  write_file(manifest_.source.directory / "broken.c", text);
  EXPECT_THAT(failure(), HasSubstr("change.patch does not apply: broken.c has that change already [patch-failed]"));
}

TEST_F(BuildFailures, IncludeAPatchThatCarriesAScript) {
  source_of("hello");
  add_patch("--- a/hello.c\n+++ b/hello.c\n1c\nevil\n.\nw\nq\n");
  EXPECT_THAT(failure(), HasSubstr("does not apply: line 3 reads as an ed command; only unified diffs are taken [patch-failed]"));
}

TEST_F(BuildFailures, IncludeAPatchThatWritesThroughALinkItMakes) {
  source_of("hello");
  make_directories(temp_.path() / "outside");
  add_patch(
      "diff --git a/way b/way\nnew file mode 120000\n--- /dev/null\n+++ b/way\n@@ -0,0 +1 @@\n+" +
      (temp_.path() / "outside").string() +
      "\n\\ No newline at end of file\ndiff --git a/way/evil b/way/evil\nnew file mode 100644\n--- /dev/null\n+++ b/way/evil\n"
      "@@ -0,0 +1 @@\n+evil\n");
  EXPECT_NE(failure(), "(built)");
  EXPECT_TRUE(fs::is_empty(temp_.path() / "outside"));
}

TEST_F(BuildFailures, TellOfALinkThatWasLeftOut) {
  source_of("broken");
  fs::create_symlink("/etc/hostname", manifest_.source.directory / "extra.h");
  EXPECT_THAT(failure(), HasSubstr("note: the link 'extra.h' leads out of the source and was left out"));
}

class ArchiveSourced : public BuildFailures {
 protected:
  void SetUp() override {
    BuildFailures::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    archive_ = temp_.path() / "hello.tar.xz";
    const fs::path tree = fs::path(KMPACK_SOURCE_DIR) / "tests/support/modules/hello";
    ArchiveWriter writer(archive_, {.filter = ArchiveFilter::xz});
    for (const char* name : {"Kbuild", "hello.c"}) writer.add_file({.name = std::string("hello-1/") + name}, tree / name);
    writer.add({.name = "hello-1/hello.o"}, "an object of another kernel");
    writer.finish();
    manifest_.source = {
        .directory = {}, .archive = archive_, .sha256 = sha256_of_file(archive_), .subdirectory = "hello-1", .where = {}};
    add_module("hello");
  }
  fs::path archive_;
};

TEST_F(ArchiveSourced, ModulesAreBuiltWithoutTheObjectsInIt) {
  const BuildRecord record = build();
  EXPECT_THAT(read_file(record.modules.at(0).file), HasSubstr("vermagic=" + release()));
}

TEST_F(ArchiveSourced, ModulesAreRefusedForAnotherDigest) {
  const std::string right = manifest_.source.sha256;
  manifest_.source.sha256 = std::string(64, '0');
  manifest_.source.where = {"kmpack.xml", 4, 0};
  EXPECT_EQ(failure(), "kmpack.xml:4: error: the archive " + archive_.string() +
                           " is not the one the manifest names [source-digest]\n  note: SHA-256 in the manifest: " +
                           std::string(64, '0') + "\n  note: SHA-256 of the file: " + right +
                           "\n  hint: get the right archive, or correct sha256 when the change is meant");
}

TEST_F(ArchiveSourced, ModulesAreRefusedFromAHostileArchive) {
  ArchiveWriter writer(archive_, {});
  writer.add({.name = "../evil"}, "x");
  writer.finish();
  manifest_.source.sha256 = sha256_of_file(archive_);
  EXPECT_THAT(failure(), HasSubstr("[archive-hostile]"));
  EXPECT_FALSE(fs::exists(temp_.path() / "evil"));
}

TEST_F(ArchiveSourced, ModulesNeedTheSubdirectory) {
  manifest_.source.subdirectory = "hello-2";
  EXPECT_THAT(failure(), HasSubstr("the source subdirectory hello-2 does not exist [source-missing]"));
}

/// Processes whose command line names `directory`.
std::vector<std::string> processes_in(const fs::path& directory) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
    try {
      const std::string line = read_file(entry.path() / "cmdline");
      if (line.find(directory.string()) != std::string::npos) found.push_back(line);
    } catch (const Error&) {
      // It ended while we looked.
    }
  }
  return found;
}

TEST_F(BuildFailures, LeaveNoProcessAndAllSlotsWhenStoppedInTheMiddle) {
  use_source("together");
  add_module("exporter");
  add_module("user");
  std::stop_source stop;
  std::jthread stopper([&] {
    // Once the compiler runs, make holds slots.
    for (int i = 0; i < 1000; ++i) {
      if (fs::exists(log()) && read_file(log()).find("CC [M]") != std::string::npos) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stop.request_stop();
  });
  EXPECT_THROW(build("cell", stop.get_token()), Cancelled);
  stopper.join();
  EXPECT_THAT(read_file(log()), HasSubstr("CC [M]"));
  // A compiler that was told to end may still be ending when make is gone; one that goes on takes longer than this.
  for (int i = 0; i < 300 && !processes_in(temp_.path() / "cell").empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_THAT(processes_in(temp_.path() / "cell"), testing::IsEmpty());
  EXPECT_EQ(jobserver_.free_slots(), 1U);
  EXPECT_EQ(build().modules.size(), 2U) << "the next run starts afresh";
}

TEST_F(BuildFailures, OfOneCellDoNotHurtAnotherOnTheSameSlots) {
  use_source("hello");
  add_module("hello");
  const Manifest good = manifest_;
  manifest_.modules.clear();
  source_of("broken");
  const std::vector<Manifest> manifests{good, manifest_, good};
  std::vector<std::string> ends(3);
  run_jobs(3, 3, {}, [&](std::size_t i) {
    Manifest mine = manifests[i];
    mine.name = PackageName{"tiny"};
    mine.version = "1";
    const Cell cell{.manifest = std::make_shared<const Manifest>(mine),
                    .kernel = std::make_shared<const Kernel>(headers_.kernel)};
    const fs::path place = temp_.path() / ("job" + std::to_string(i));
    try {
      build_modules(cell, headers_, {.directory = place, .log = place.string() + ".log"}, jobserver_, runner_, {});
      ends[i] = "built";
    } catch (const Error& error) {
      ends[i] = error.diagnostic().code;
    }
  });
  EXPECT_THAT(ends, testing::ElementsAre("built", "build-failed", "built"));
  EXPECT_EQ(jobserver_.free_slots(), 1U);
}

}  // namespace
}  // namespace kmpack
