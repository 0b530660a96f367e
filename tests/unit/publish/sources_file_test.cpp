#include "publish/sources_file.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(SourcesFile, HoldsTheKeyThatIsTrustedForThisRepository) {
  EXPECT_EQ(sources_text({.url = "https://example.org/deb/", .suite = "debian-12", .components = {"extra", "main"}},
                         "-----BEGIN-----\n\nabc\n-----END-----\n"),
            "Types: deb\nURIs: https://example.org/deb\nSuites: debian-12\nComponents: extra main\nSigned-By:\n"
            " -----BEGIN-----\n .\n abc\n -----END-----\n");
}

TEST(SourcesFile, OfAnUnsignedRepositorySaysSo) {
  EXPECT_EQ(sources_text({.url = "file:///r", .suite = "stable", .components = {"main"}}, ""),
            "Types: deb\nURIs: file:///r\nSuites: stable\nComponents: main\nTrusted: yes\n");
}

}  // namespace
}  // namespace kmpack
