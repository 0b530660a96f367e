#include "publish/repo_file.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(RepoFile, ChecksPackagesAndMetadataWithTheKeyBesideThem) {
  EXPECT_EQ(repo_file_text("el9", "https://example.org/el9/", Checked::yes),
            "[el9]\nname=el9\nbaseurl=https://example.org/el9\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\n"
            "gpgkey=https://example.org/el9/repodata/repomd.xml.key\n");
}

TEST(RepoFile, OfAnUnsignedRepositoryNamesNoKey) {
  EXPECT_EQ(repo_file_text("el9", "file:///r", Checked::no),
            "[el9]\nname=el9\nbaseurl=file:///r\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=0\n");
}

TEST(RepositoryId, HoldsWhatASectionMayHold) {
  EXPECT_EQ(repository_id("opensuse-leap-15.6"), "opensuse-leap-15.6");
  EXPECT_EQ(repository_id("my [repo]\n"), "my--repo--");
  EXPECT_EQ(repository_id(""), "kmpack");
}

}  // namespace
}  // namespace kmpack
