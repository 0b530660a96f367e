#include <gmock/gmock.h>

#include "package/rpm.hpp"
#include "package/scripts.hpp"
#include "support/golden.hpp"
#include "support/sample_cell.hpp"
#include "wrap/rpmbuild.hpp"

namespace kmpack {
namespace {

using ::testing::HasSubstr;

Templates shipped() { return Templates({std::filesystem::path(KMPACK_SOURCE_DIR) / "templates"}); }

std::string spec_of(const test::SampleCell& sample, const PackageModel& model) {
  const std::vector<RpmPart> parts{{model, render_rpm_scripts(model, shipped())}};
  return render_spec(spec_head(sample.manifest, sample.kernel.rules.rpm.style, model.epoch), parts, shipped());
}

std::string modules_spec(const test::SampleCell& sample) {
  return spec_of(sample, module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, Format::rpm));
}

TEST(RenderSpec, IsAsItWas) {
  test::SampleCell sample;
  sample.kernel.rules.family = PackageFamily::rpm;
  sample.kernel.release = KernelRelease{"5.14.0-1.el9.x86_64"};
  test::expect_golden("package/modules.spec", modules_spec(sample));
}

TEST(RenderSpec, OfTheCommonPackageIsAsItWas) {
  test::SampleCell sample;
  sample.add_common_files();
  test::expect_golden("package/common.spec",
                      spec_of(sample, common_package_model(sample.manifest, sample.kernel.rules, Format::rpm, 1)));
}

TEST(RenderSpec, LetsNoTextAddATagOrAMacro) {
  test::SampleCell sample;
  sample.manifest.summary = "100%\nRequires: evil";
  sample.manifest.url = "https://x/%(id)";
  sample.manifest.rpm.needs = {"a%b\nRequires: evil"};
  const std::string spec = modules_spec(sample);
  EXPECT_THAT(spec, HasSubstr("Summary:        100%% Requires: evil"));
  EXPECT_THAT(spec, HasSubstr("URL:            https://x/%%(id)\n"));
  EXPECT_THAT(spec, HasSubstr("Requires:       a%%b Requires: evil\n"));
}

TEST(RenderSpec, GuardsLinesThatRpmWouldTakeForItsOwn) {
  test::SampleCell sample;
  sample.manifest.description = "x\n  %if 0\n%include /etc/passwd\n# a";
  const std::string guard(1, kRpmLineGuard);
  EXPECT_THAT(modules_spec(sample),
              HasSubstr("x\n  " + guard + "%%if 0\n" + guard + "%%include /etc/passwd\n" + guard + "# a\n"));
}

}  // namespace
}  // namespace kmpack
