#include <gmock/gmock.h>

#include <algorithm>

#include "package/deb_control.hpp"
#include "package/model.hpp"
#include "support/golden.hpp"
#include "support/sample_cell.hpp"
#include "wrap/deb.hpp"

namespace kmpack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string control_of(const test::SampleCell& sample) {
  return render_control(module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, Format::deb), 19);
}

TEST(RenderControl, IsAsItWas) { test::expect_golden("package/modules.control", control_of(test::SampleCell())); }

TEST(RenderControl, OfTheFlavorMetaIsAsItWas) {
  const test::SampleCell sample;
  test::expect_golden("package/meta.control", render_control(flavor_meta_model(sample.cell(), sample.headers), 7));
}

TEST(RenderControl, OfTheCommonPackageIsAsItWas) {
  test::SampleCell sample;
  sample.add_common_files();
  test::expect_golden("package/common.control",
                      render_control(common_package_model(sample.manifest, sample.kernel.rules, Format::deb, 1600000000), 9));
}

TEST(RenderControl, NamesTheSourceAsDpkgGencontrolDoes) {
  test::SampleCell sample;
  EXPECT_THAT(control_of(sample), HasSubstr("\nSource: hello-kmod (1.2-1)\nVersion: 1.2-1+6.1.20+2\n"));
  sample.kernel.package_version.clear();
  EXPECT_THAT(control_of(sample), HasSubstr("\nSource: hello-kmod\nVersion: 1.2-1\n"));
}

TEST(RenderControl, SaysForWhichOtherKernelTheModulesWereBuilt) {
  test::SampleCell sample;
  for (SealedModule& module : sample.modules) module.facts.vermagic = sample.kernel.release.str() + " SMP ";
  EXPECT_THAT(control_of(sample), Not(HasSubstr("Built-For")));
  for (SealedModule& module : sample.modules) module.facts.vermagic = "6.1.0-6-amd64 SMP ";
  EXPECT_THAT(control_of(sample), HasSubstr("\nKmpack-Built-For: 6.1.0-6-amd64\n"));
  EXPECT_THAT(control_of(sample), HasSubstr("were built for Linux 6.1.0-6-amd64."));
  const PackageModel deb = module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, Format::deb);
  EXPECT_TRUE(std::ranges::any_of(deb.files, [&](const PackedFile& file) {
    return file.path == std::filesystem::path("/usr/share/lintian/overrides") / deb.name &&
           file.content.find("\n" + deb.name + ": unknown-field Kmpack-Built-For\n") != std::string::npos;
  }));
  const PackageModel rpm = module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, Format::rpm);
  EXPECT_TRUE(std::ranges::any_of(rpm.provides, [](const Relation& provided) {
    return provided.any_of == std::vector<std::string>{"kmpack-built-for(6.1.0-6-amd64)"};
  }));
}

TEST(RenderControl, FoldsDescriptionsAsPolicySays) {
  test::SampleCell sample;
  sample.manifest.description = "One.\n\n\n\n.dotted\n  verbatim\n \t\nTwo. \r\n\n";
  EXPECT_THAT(control_of(sample), HasSubstr(")\n One.\n .\n  .dotted\n   verbatim\n .\n Two.\n .\n This package"));
}

TEST(RenderControl, LetsNoTextAddAField) {
  test::SampleCell sample;
  sample.manifest.summary = "Hello\nEssential: yes";
  sample.manifest.url = "https://x\nEssential: yes";
  sample.manifest.description = "Text\nEssential: yes\n\nPackage: other";
  sample.manifest.deb.needs = {"libc6\nEssential: yes"};
  const auto paragraphs = parse_deb822(control_of(sample), "control");
  ASSERT_EQ(paragraphs.size(), 1U);
  EXPECT_EQ(paragraphs[0].field("Essential"), "");
  EXPECT_EQ(paragraphs[0].field("Package"), "hello-modules-6.1.0-7-amd64");
}

TEST(RenderControl, AddsTheUsersRelationsAsWritten) {
  test::SampleCell sample;
  sample.manifest.deb.needs = {"hello-tools (>= 2) | hello-cli"};
  sample.manifest.deb.provides = {"greeter"};
  sample.manifest.deb.conflicts = {"rival"};
  const auto control = parse_deb822(control_of(sample), "control").at(0);
  EXPECT_THAT(std::string(control.field("Depends")), HasSubstr(", hello-tools (>= 2) | hello-cli"));
  EXPECT_THAT(std::string(control.field("Provides")), HasSubstr(", greeter"));
  EXPECT_EQ(control.field("Conflicts"), "hello-dkms (>= 0~~), rival");
}

}  // namespace
}  // namespace kmpack
