#include "wrap/rpm.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/text.hpp"
#include "fixture.hpp"
#include "package/rpm.hpp"
#include "package/scripts.hpp"
#include "support/fake_module.hpp"
#include "support/fake_runner.hpp"
#include "support/thrown.hpp"
#include "wrap/archive.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct MakeRpm : Packing {
  std::string query(const fs::path& rpm, const std::string& format) {
    return output_of("rpm", {"-qp", "--nosignature", "--qf", format, rpm.string()});
  }
};

TEST_F(MakeRpm, IsReadTheSameByRpmAndByUs) {
  KMPACK_NEED_TOOL("rpm");
  sample.add_common_files();
  std::vector<PackageFile> packages = pack(Format::rpm);
  ASSERT_EQ(packages.size(), 1U);
  EXPECT_EQ(packages[0].path, output() / "kmod-hello-6.1.0-7-amd64-1.2-1+6.1.20_2.x86_64.rpm");
  packages.push_back(pack_common(Format::rpm).at(0));
  EXPECT_EQ(packages[1].path, output() / "hello-kmod-common-1.2-1.noarch.rpm");
  for (const PackageFile& package : packages) {
    const RpmHeader read = read_rpm_header(package.path);
    EXPECT_EQ(query(package.path, "%{NAME} %{VERSION}-%{RELEASE} %{ARCH}"),
              package.name + " " + package.version + " " + package.arch);
    EXPECT_EQ(read.name + " " + read.version + "-" + read.release + " " + read.arch,
              package.name + " " + package.version + " " + package.arch);
    EXPECT_EQ(read.description + "\n" + read.summary + "\n" + read.license,
              query(package.path, "%{DESCRIPTION}\n%{SUMMARY}\n%{LICENSE}"));
    std::string files;
    for (const RpmFile& file : read.files) files += file.path + " " + file.digest + " " + file.owner + "\n";
    EXPECT_EQ(files, query(package.path, "[%{FILENAMES} %{FILEDIGESTS} %{FILEUSERNAME}\n]"));
    std::string provides;
    for (const RpmRelation& relation : read.provides) provides += relation.text() + "\n";
    EXPECT_EQ(provides, output_of("rpm", {"-qp", "--provides", package.path.string()}));
    EXPECT_EQ(read.payload_compressor, "zstd");
    EXPECT_EQ(read.build_host, "reproducible");
    EXPECT_FALSE(read.signed_package);
  }
}

TEST_F(MakeRpm, KeepsEveryByteOfTheModules) {
  const fs::path rpm = pack(Format::rpm).at(0).path;
  std::map<std::string, std::string> content;
  read_archive(rpm, [&](const ArchiveMember& member, MemberData& data) { content[member.name] = data.all(); });
  const RpmHeader header = read_rpm_header(rpm);
  for (const SealedModule& module : sample.modules) {
    const std::string path = "/lib/modules/6.1.0-7-amd64/updates/hello/" + module.file.filename().string();
    EXPECT_EQ(content["." + path], read_file(module.file)) << path;
    const auto found = std::ranges::find(header.files, path, &RpmFile::path);
    ASSERT_NE(found, header.files.end());
    EXPECT_EQ(found->digest, sha256_of_file(module.file));
    EXPECT_EQ(found->mode, static_cast<unsigned>(S_IFREG | 0644));
    EXPECT_EQ(found->mtime, sample.headers.epoch);
  }
}

TEST_F(MakeRpm, LetsTextOfTheUserComeOutLiterally) {
  KMPACK_NEED_TOOL("rpm");
  const std::string text =
      "%if 0\nx\n%description\n%include /etc/passwd\n %include /etc/passwd\n%(id)\n%{nope} %%100%\n%post\necho\n%endif\n%define "
      "x y\n"
      "# comment %{name}\n%files\nC:\\ \\\nend";
  sample.manifest.description = text;
  sample.manifest.summary = "100% %{name} %(id)";
  sample.manifest.vendor = "%{_topdir}";
  const std::string fragment = "echo '%if 0' %{name} %d \\\n%files || true\ncat <<E\n%include /etc/passwd\n%endif\n# %%\nE";
  sample.manifest.rpm.scripts = {{.phase = ScriptPhase::post_install, .text = fragment}};
  const fs::path rpm = pack(Format::rpm).at(0).path;
  EXPECT_THAT(query(rpm, "%{DESCRIPTION}"), ::testing::StartsWith(text + "\n\nThis package holds"));
  EXPECT_THAT(query(rpm, "%{SUMMARY}"), ::testing::StartsWith("100% %{name} %(id) (Linux"));
  EXPECT_EQ(query(rpm, "%{VENDOR}"), "%{_topdir}");
  EXPECT_THAT(output_of("rpm", {"-qp", "--scripts", rpm.string()}), HasSubstr("\n:\n" + fragment + "\n)\n"));
}

TEST_F(MakeRpm, GivesTheSameBytesInAnotherPlaceUmaskAndTimeZone) {
  const std::string first = pack(Format::rpm).at(0).sha256;
  const TempDir elsewhere;
  PackageSettings other = settings();
  other.output = elsewhere.path() / "other output";
  other.scratch = elsewhere.path() / "a longer scratch";
  const mode_t mask = ::umask(0077);
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  const std::string second = pack(Format::rpm, other).at(0).sha256;
  ::umask(mask);
  ::unsetenv("TZ");
  EXPECT_EQ(first, second);
}

TEST_F(MakeRpm, HeedsNoMacroOfTheUser) {
  const std::string first = pack(Format::rpm).at(0).sha256;
  write_file(place.path() / ".rpmmacros", "%_buildhost evil\n%packager evil\n%dist .evil\n%_rpmdir /nonexistent\n");
  ::setenv("HOME", place.path().c_str(), 1);
  const std::string second = pack(Format::rpm).at(0).sha256;
  EXPECT_EQ(first, second);
}

TEST_F(MakeRpm, NamesForeignArchitectures) {
  sample.kernel.flavor = {.distribution = "debian-12", .flavor = "arm64", .arch = "arm64"};
  const PackageFile package = pack(Format::rpm).at(0);
  EXPECT_EQ(package.arch, "aarch64");
  EXPECT_EQ(read_rpm_header(package.path).arch, "aarch64");
}

TEST_F(MakeRpm, TakesPlusAndPercentInNamesAndPaths) {
  sample.manifest.name = PackageName{"hello+more"};
  sample.kernel.release = KernelRelease{"6.12.1+deb13-amd64"};
  write_file(sample.build.source / "50% of it.txt", "text");
  sample.manifest.install.documents = {"50% of it.txt"};
  const RpmHeader read = read_rpm_header(pack(Format::rpm).at(0).path);
  EXPECT_EQ(read.name, "kmod-hello+more-6.12.1+deb13-amd64");
  EXPECT_TRUE(std::ranges::any_of(read.files, [](const RpmFile& file) {
    return file.path == "/usr/share/doc/kmod-hello+more-6.12.1+deb13-amd64/50% of it.txt" && file.doc;
  }));
}

TEST_F(MakeRpm, CarriesConfigLicenseAndRelations) {
  sample.add_common_files();
  sample.manifest.rpm.needs = {"hello-tools >= 2"};
  const RpmHeader modules = read_rpm_header(pack(Format::rpm).at(0).path);
  std::string needs;
  for (const RpmRelation& relation : modules.requires_) needs += relation.text() + "\n";
  EXPECT_EQ(needs, "/bin/sh\n/bin/sh\nhello-kmod-common >= 1.2-1\nhello-tools >= 2\nkernel-6.1.0-7-amd64\nkmod\n");
  ASSERT_EQ(modules.scripts.size(), 2U);
  EXPECT_EQ(modules.scripts[0].phase + modules.scripts[0].interpreter, "post/bin/sh");
  EXPECT_EQ(modules.scripts[1].phase + modules.scripts[1].interpreter, "postun/bin/sh");
  const RpmHeader common = read_rpm_header(pack_common(Format::rpm).at(0).path);
  EXPECT_TRUE(std::ranges::any_of(common.files,
                                  [](const RpmFile& file) { return file.path == "/etc/modprobe.d/hello.conf" && file.config; }));
  EXPECT_TRUE(common.scripts.empty());
}

TEST_F(MakeRpm, RendersASpecThatRpmspecAndRpmlintAccept) {
  KMPACK_NEED_TOOL("rpmspec");
  KMPACK_NEED_TOOL("rpmlint");
  sample.kernel.rules.family = PackageFamily::rpm;
  sample.kernel.release = KernelRelease{"5.14.0-1.el9.x86_64"};
  const PackageModel model = module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, Format::rpm);
  const Templates templates({fs::path(KMPACK_SOURCE_DIR) / "templates"});
  const fs::path spec = place.path() / "hello.spec";
  const std::vector<RpmPart> parts{{model, render_rpm_scripts(model, templates)}};
  write_file(spec, render_spec(spec_head(sample.manifest, RpmStyle::plain, 1), parts, templates));
  EXPECT_THAT(output_of("rpmspec", {"-P", spec.string()}), HasSubstr("\nRequires:       kernel-uname-r = 5.14.0-1.el9.x86_64\n"));
  for (const SealedModule& module : sample.modules) write_file(module.file, plain_module().bytes());
  // Packages are signed later; a module is no program, so rpmlint sees nothing in it that needs an architecture.
  write_file(place.path() / "rpmlint.toml", "Filters = ['no-signature', 'no-binary']\n");
  const Completed lint =
      run("rpmlint", {"--config", (place.path() / "rpmlint.toml").string(), pack(Format::rpm).at(0).path.string()},
          {{"HOME", place.path().string()}});
  EXPECT_THAT(lint.tail, ::testing::Not(::testing::ContainsRegex(": E: "))) << lint.tail;
}

TEST_F(MakeRpm, MakesSeveralAtOnce) {
  std::vector<std::string> digests(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < digests.size(); ++index) {
      threads.emplace_back([&, index] {
        PackageSettings own = settings();
        own.output = output() / std::to_string(index);
        digests[index] = pack(Format::rpm, own).at(0).sha256;
        read_rpm_header(own.output / "kmod-hello-6.1.0-7-amd64-1.2-1+6.1.20_2.x86_64.rpm");
      });
    }
  }
  EXPECT_THAT(digests, ::testing::Each(digests[0]));
}

TEST_F(MakeRpm, TellsWhatRpmbuildSaid) {
  sample.manifest.rpm.needs = {"a = 1-2-3"};
  const auto problem = diagnostic_thrown_by([&] { pack(Format::rpm); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "rpm-build-failed");
  EXPECT_EQ(problem->message, "rpm does not accept the spec file");
  ASSERT_EQ(problem->notes.size(), 1U);
  EXPECT_THAT(problem->notes[0], HasSubstr("Requires: a = 1-2-3"));
  EXPECT_TRUE(fs::is_empty(output()));
  EXPECT_TRUE(fs::is_empty(settings().scratch));
}

TEST_F(MakeRpm, TellsHowAChildDiedThatSaidNothing) {
  FakeRunner dead([](const Command&) {
    Completed completed;
    completed.signal = 9;
    return completed;
  });
  const std::vector formats{Format::rpm};
  const auto problem = diagnostic_thrown_by(
      [&] { make_packages(sample.cell(), sample.headers, sample.build, sample.modules, formats, settings(), dead, {}); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "process-failed");
  EXPECT_EQ(problem->message, "building an rpm ended with signal 9 (Killed)");
}

TEST_F(MakeRpm, RefusesAChildCallThatIsNotComplete) {
  const Completed completed = run(KMPACK_RPM_CHILD, {"internal", "rpmbuild", "one"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_EQ(completed.errors,
            "kmpack-child-error rpm-build-failed\ninternal rpmbuild takes SPEC TOP ROOT TARGET EPOCH DIRECTORY\n");
}

TEST_F(MakeRpm, TellsDamageFromRubbish) {
  const fs::path rpm = pack(Format::rpm).at(0).path;
  const std::string whole = read_file(rpm);
  std::string damaged = whole;
  damaged[damaged.size() - 20] = static_cast<char>(damaged[damaged.size() - 20] ^ 1);
  const fs::path file = place.path() / "x.rpm";
  write_file(file, damaged);
  EXPECT_EQ(code_thrown_by([&] { read_rpm_header(file); }), "rpm-digest-wrong");
  write_file(file, whole.substr(0, 300));
  EXPECT_EQ(code_thrown_by([&] { read_rpm_header(file); }), "rpm-unreadable");
  write_file(file, std::string(5000, 'x'));
  EXPECT_EQ(code_thrown_by([&] { read_rpm_header(file); }), "rpm-unreadable");
  EXPECT_EQ(code_thrown_by([&] { read_rpm_header(place.path() / "absent.rpm"); }), "rpm-unreadable");
}

}  // namespace
}  // namespace kmpack::test
