#include "manifest/writer.hpp"

#include <gtest/gtest.h>

#include "manifest/reader.hpp"
#include "support/golden.hpp"
#include "support/manifests/sample_manifest.hpp"

namespace kmpack {
namespace {

void expect_round_trip(const Manifest& manifest) {
  const std::string text = render_manifest(manifest);
  Diagnostics problems;
  const auto again = parse_manifest(text, manifest.file, problems);
  for (const Diagnostic& problem : problems.all()) {
    if (problem.code != "module-not-everywhere") ADD_FAILURE() << to_text(problem) << "\n" << text;
  }
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(test::all_fields(*again), test::all_fields(manifest)) << text;
  EXPECT_EQ(render_manifest(*again), text);
}

TEST(RenderManifest, IsReadBackAsTheSameManifestWithEveryFieldSet) { expect_round_trip(test::full_manifest()); }

TEST(RenderManifest, IsReadBackAsTheSameManifestWhateverItSays) {
  for (std::uint32_t seed = 0; seed < 500 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_round_trip(test::random_manifest(seed));
  }
}

TEST(RenderManifest, LooksAsItDid) { test::expect_golden("manifest/full.xml", render_manifest(test::full_manifest())); }

}  // namespace
}  // namespace kmpack
