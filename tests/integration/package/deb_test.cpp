#include "wrap/deb.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "fixture.hpp"
#include "support/fake_module.hpp"
#include "support/thrown.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;

struct MakeDeb : Packing {
  /// The paths that `dpkg-deb --contents` shows, without the leading dot and without directories.
  std::vector<std::string> files_as_dpkg_sees_them(const fs::path& deb) {
    std::vector<std::string> files;
    const std::string listing = output_of("dpkg-deb", {"--contents", deb.string()});
    for (const std::string_view line : split(listing, '\n')) {
      const std::size_t at = line.find(" ./");
      if (at != std::string_view::npos && !line.ends_with('/')) files.emplace_back(line.substr(at + 2));
    }
    return files;
  }

  bool dpkg_says(const std::string& left, const std::string& compare, const std::string& right) {
    return run("dpkg", {"--compare-versions", left, compare, right}).ok();
  }
};

TEST_F(MakeDeb, GivesThePackageAndTheFlavorMetaOfTheNewestKernel) {
  std::vector<PackageFile> packages = pack(Format::deb);
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[0].path, output() / "hello-modules-6.1.0-7-amd64_1.2-1+6.1.20+2_amd64.deb");
  EXPECT_EQ(packages[0].kind, PackageKind::modules);
  EXPECT_EQ(packages[1].path, output() / "hello-modules-amd64_1.2-1+6.1.20+2_amd64.deb");
  EXPECT_EQ(packages[1].kind, PackageKind::flavor_meta);
  sample.newest = false;
  EXPECT_EQ(pack(Format::deb).size(), 1U);
}

TEST_F(MakeDeb, IsReadTheSameByDpkgAndByUs) {
  KMPACK_NEED_TOOL("dpkg-deb");
  sample.add_common_files();
  std::vector<PackageFile> packages = pack(Format::deb);
  packages.push_back(pack_common(Format::deb).at(0));
  for (const PackageFile& package : packages) {
    const DebPackage read = read_deb(package.path);
    EXPECT_EQ(read.control.field("Package"), package.name);
    EXPECT_EQ(read.control.field("Version"), package.version);
    EXPECT_EQ(read.control.field("Architecture"), package.arch);
    for (const auto& [field, value] : read.control.fields) {
      if (field == "Description") continue;  // dpkg keeps the folding
      const std::string dpkg = output_of("dpkg-deb", {"--field", package.path.string(), field});
      EXPECT_EQ(std::string(trimmed(dpkg)), value) << field;
    }
    std::vector<std::string> files;
    for (const DebFile& file : read.files) {
      EXPECT_EQ(file.owner + ":" + file.group, "root:root") << file.path;
      if (file.type == MemberType::file) files.push_back(file.path);
    }
    EXPECT_EQ(files, files_as_dpkg_sees_them(package.path));
  }
}

TEST_F(MakeDeb, KeepsEveryByteOfTheModules) {
  const DebPackage read = read_deb(pack(Format::deb).at(0).path);
  for (const SealedModule& module : sample.modules) {
    const std::string path = "/lib/modules/6.1.0-7-amd64/updates/hello/" + module.file.filename().string();
    const auto found = std::ranges::find(read.files, path, &DebFile::path);
    ASSERT_NE(found, read.files.end()) << path;
    EXPECT_EQ(found->sha256, sha256_of_file(module.file));
    EXPECT_EQ(found->mode, 0644U);
    EXPECT_EQ(found->mtime, sample.headers.epoch);
  }
}

TEST_F(MakeDeb, CarriesDigestsThatFitAndConffilesThatExist) {
  sample.add_common_files();
  const fs::path deb = pack_common(Format::deb).at(0).path;
  const DebPackage read = read_deb(deb);
  EXPECT_EQ(read.conffiles, std::vector<std::string>{"/etc/modprobe.d/hello.conf"});
  EXPECT_THAT(read.md5sums, Contains(Key("usr/lib/firmware/hello/fw.bin")));
  EXPECT_THAT(read.md5sums, Not(Contains(Key("etc/modprobe.d/hello.conf"))));
  output_of("dpkg-deb", {"--extract", deb.string(), (place.path() / "x").string()});
  const std::string sums = output_of("dpkg-deb", {"--info", deb.string(), "md5sums"});
  write_file(place.path() / "sums", sums);
  output_of("sh", {"-c", "cd \"$1\" && md5sum --strict --quiet -c ../sums", "sh", (place.path() / "x").string()});
}

TEST_F(MakeDeb, SortsARebuildForANewerKernelUploadHigher) {
  KMPACK_NEED_TOOL("dpkg");
  const auto version_for = [&](const std::string& upload) {
    sample.kernel.package_version = upload;
    return pack(Format::deb).at(0).version;
  };
  const std::string first = version_for("6.1.99-1");
  const std::string second = version_for("6.1.100-1");
  EXPECT_TRUE(dpkg_says(first, "lt", second)) << first << " " << second;
  EXPECT_TRUE(dpkg_says(version_for("6.1.100-1"), "lt", version_for("6.1.100-2")));
  EXPECT_TRUE(dpkg_says(version_for("6.12.9-1~bpo12+1"), "lt", version_for("6.12.9-1")));
  sample.manifest.release = "2";
  EXPECT_TRUE(dpkg_says(second, "lt", version_for("6.1.20-1")));
}

TEST_F(MakeDeb, GivesTheSameBytesInAnotherPlaceUmaskAndTimeZone) {
  sample.add_common_files();
  const std::string first = pack(Format::deb).at(0).sha256;
  const std::string common = pack_common(Format::deb).at(0).sha256;
  const TempDir elsewhere;
  PackageSettings other = settings();
  other.output = elsewhere.path() / "other output";
  other.scratch = elsewhere.path() / "s";
  const mode_t mask = ::umask(0077);
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  ::setenv("TMPDIR", elsewhere.path().c_str(), 1);
  const std::string second = pack(Format::deb, other).at(0).sha256;
  const std::string common_again = pack_common(Format::deb).at(0).sha256;
  ::umask(mask);
  ::unsetenv("TZ");
  ::unsetenv("TMPDIR");
  EXPECT_EQ(first, second);
  EXPECT_EQ(common, common_again);
}

TEST_F(MakeDeb, GivesTheSameBytesWithAnyNumberOfThreads) {
  std::string text;
  for (int number = 0; text.size() < 600'000; ++number) text += std::to_string(number * 7919) + (number % 9 == 0 ? "\n" : " ");
  write_file(sample.modules[0].file, text);
  PackageSettings other = settings();
  const PackageFile one = pack(Format::deb, other).at(0);
  for (const unsigned threads : {0U, 2U, 5U}) {
    other.threads = threads;
    EXPECT_EQ(pack(Format::deb, other).at(0).sha256, one.sha256) << threads;
  }
  output_of("dpkg-deb", {"--extract", one.path.string(), (place.path() / "x").string()});
  EXPECT_EQ(read_file(place.path() / "x/lib/modules/6.1.0-7-amd64/updates/hello/hello.ko"), text);
}

TEST_F(MakeDeb, SatisfiesLintian) {
  KMPACK_NEED_TOOL("lintian");
  sample.add_common_files();
  sample.manifest.install.initramfs = Initramfs::yes;
  sample.manifest.deb.scripts = {{.phase = ScriptPhase::post_install, .text = "echo hello"},
                                 {.phase = ScriptPhase::pre_remove, .text = "echo bye"}};
  for (const SealedModule& module : sample.modules) write_file(module.file, plain_module().bytes());
  std::vector<std::string> args{"--allow-root", "--fail-on", "error,warning", "--no-cfg"};
  for (const PackageFile& package : pack(Format::deb)) args.push_back(package.path.string());
  args.push_back(pack_common(Format::deb).at(0).path.string());
  const Completed lintian = run("lintian", args, {{"HOME", place.path().string()}});
  EXPECT_TRUE(lintian.ok()) << lintian.tail << lintian.errors;
}

TEST_F(MakeDeb, RefusesAFragmentThatIsNotShell) {
  sample.manifest.deb.scripts = {{.phase = ScriptPhase::post_install, .text = "if true; then\necho )"}};
  const auto problem = diagnostic_thrown_by([&] { pack(Format::deb); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "script-invalid");
  EXPECT_EQ(
      problem->message,
      "with the manifest's script fragments, the postinst script of hello-modules-6.1.0-7-amd64 is not shell that can be read");
  EXPECT_FALSE(fs::exists(output()));
}

TEST_F(MakeDeb, SaysWhereItCannotWrite) {
  write_file(output(), "a file stands where the directory should be");
  EXPECT_EQ(code_thrown_by([&] { pack(Format::deb); }), "file-unwritable");
  fs::remove(output());
  if (::geteuid() == 0) return;  // root writes everywhere
  fs::create_directory(output());
  fs::permissions(output(), fs::perms{0500});
  EXPECT_EQ(code_thrown_by([&] { pack(Format::deb); }), "file-unwritable");
  EXPECT_TRUE(fs::is_empty(output()));
}

/// A small file system of its own, for as long as it lives.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path place) : place_(std::move(place)) {
    fs::create_directories(place_);
    mounted_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, "size=32k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  fs::path place_;
  bool mounted_ = false;
};

TEST_F(MakeDeb, SaysThatTheDiskIsFullAndLeavesNothing) {
  const SmallDisk disk(output());
  if (!disk.mounted()) {
    if (std::getenv("CI") != nullptr) FAIL() << "cannot mount a small tmpfs";
    GTEST_SKIP() << "mounting a small tmpfs needs root";
  }
  std::string noise(200'000, '\0');
  std::uint32_t state = 1;
  for (char& letter : noise) letter = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  write_file(sample.modules[0].file, noise);
  EXPECT_EQ(code_thrown_by([&] { pack(Format::deb); }), "disk-full");
  EXPECT_TRUE(fs::is_empty(output()));
  EXPECT_EQ(code_thrown_by([&] { pack(Format::rpm); }), "disk-full");
  EXPECT_TRUE(fs::is_empty(output()));
}

TEST_F(MakeDeb, StopsWhenAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  const std::vector formats{Format::deb};
  EXPECT_THROW(
      make_packages(sample.cell(), sample.headers, sample.build, sample.modules, formats, settings(), runner, stop.get_token()),
      Cancelled);
  EXPECT_TRUE(!fs::exists(output()) || fs::is_empty(output()));
  EXPECT_TRUE(fs::is_empty(settings().scratch));
}

TEST_F(MakeDeb, LeavesNothingInScratch) {
  pack(Format::deb);
  EXPECT_TRUE(fs::is_empty(settings().scratch));
}

}  // namespace
}  // namespace kmpack::test
