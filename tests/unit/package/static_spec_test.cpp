#include "package/static_spec.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/sample_cell.hpp"

namespace kmpack {
namespace {

Templates shipped() { return Templates({KMPACK_SOURCE_DIR "/templates"}); }

/// A kernel of Enterprise Linux with one package of one module.
RecipePart part_for(const test::SampleCell& sample, const std::string& arch, Compression compression) {
  Kernel kernel = sample.kernel;
  kernel.flavor = {"el9", "default", arch};
  kernel.release = KernelRelease{"5.14.0-1.el9." + arch};
  kernel.package_version = "5.14.0-1.el9";
  kernel.rules = {.family = PackageFamily::rpm};
  kernel.rules.rpm = {.style = RpmStyle::kmod, .devel = "kernel-devel", .tree = "/usr/src/kernels/{release}"};
  RecipePart part{.cell = sample.cell(), .headers = sample.headers, .source = sample.build.source};
  Manifest manifest = sample.manifest;
  manifest.modules = {{.name = ModuleName{"hello"}, .directory = "sub"}};
  manifest.make.variables = {{.name = "WITH", .value = "$(src) 100% `id`"}};
  part.cell.manifest = std::make_shared<const Manifest>(manifest);
  part.cell.kernel = std::make_shared<const Kernel>(kernel);
  PackageModel model{.format = Format::rpm, .name = "kmod-hello", .version = "1.2", .release = "1", .arch = arch};
  const std::string ending = compression == Compression::xz ? ".ko.xz" : ".ko";
  model.files = {{.path = "/lib/modules/" + kernel.release.str() + "/extra/hello/hello" + ending, .kind = FileKind::module},
                 {.path = "/etc/depmod.d/hello.conf", .kind = FileKind::config, .content = "%if this\noverride hello * it's\n"},
                 {.path = "/etc/hello.key", .content = std::string("\0\1", 2)}};
  part.models = {model};
  return part;
}

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

TEST(StaticSpec, PutsKernelsOfSeveralArchitecturesUnderConditions) {
  const test::SampleCell sample;
  const std::vector<RecipePart> parts{part_for(sample, "x86_64", Compression::xz), part_for(sample, "aarch64", Compression::xz)};
  const std::string spec = render_static_spec(parts, {}, shipped()).spec;
  EXPECT_TRUE(has(spec, "ExclusiveArch:  aarch64 x86_64\n")) << spec;
  EXPECT_TRUE(has(spec, "%ifarch x86_64\n"));
  EXPECT_TRUE(has(spec, "%ifarch aarch64\nBuildRequires:  kernel-devel = 5.14.0-1.el9\n%endif\n"));
}

TEST(StaticSpec, AsksForNothingWhereItIsForOneArchitecture) {
  const test::SampleCell sample;
  const std::vector<RecipePart> parts{part_for(sample, "x86_64", Compression::xz)};
  const SourcePackage package = render_static_spec(parts, {}, shipped());
  EXPECT_FALSE(has(package.spec, "%ifarch")) << package.spec;
  EXPECT_FALSE(has(package.spec, "%("));
  EXPECT_TRUE(has(package.spec, "BuildRequires:  xz\n"));
  EXPECT_TRUE(has(package.spec, "xz -T1 --check=crc32 --lzma2=dict=1MiB"));
  EXPECT_TRUE(has(package.spec, "-C\" \\\n  \"%{?kmpack_root}/usr/src/kernels/5.14.0-1.el9.x86_64\""));
}

TEST(StaticSpec, QuotesWhatTheUserWroteForShellAndSpec) {
  const test::SampleCell sample;
  const std::vector<RecipePart> parts{part_for(sample, "x86_64", Compression::none)};
  const SourcePackage package = render_static_spec(parts, {}, shipped());
  EXPECT_TRUE(has(package.spec, R"("WITH=\$(src) 100%% \`id\`")")) << package.spec;
  EXPECT_TRUE(has(package.spec, "printf '%%s\\n' '%%if this'\nprintf '%%s\\n' 'override hello * it'\\''s'\n"));
  // Bytes that are no text are a file of the source package.
  ASSERT_EQ(package.files.all().size(), 1U);
  EXPECT_EQ(package.files.all().front().name, "hello.key");
  EXPECT_TRUE(has(package.spec, "Source1:        hello.key\n"));
}

TEST(StaticSpec, RefusesTwoPackagesOfOneName) {
  const test::SampleCell sample;
  const std::vector<RecipePart> parts{part_for(sample, "x86_64", Compression::xz), part_for(sample, "x86_64", Compression::xz)};
  try {
    render_static_spec(parts, {}, shipped());
    FAIL() << "two packages of one name in one spec";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "spec-package-twice");
  }
}

}  // namespace
}  // namespace kmpack
