#include "integration/headers/fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Distrust : public test::ArchiveFixture {};

TEST_F(Distrust, TakesNothingFromAnUnsignedArchive) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish(test::Signed::no);
  EXPECT_TRUE(find().empty());
  EXPECT_THAT(codes(), Contains("error archive-unsigned"));
}

TEST_F(Distrust, TakesNothingThatAStrangerSigned) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish(test::Signed::by_another_key);
  EXPECT_TRUE(find().empty());
  EXPECT_FALSE(problems_.ok());
}

TEST_F(Distrust, TakesNothingFromAReleaseThatHasExpired) {
  archive_.add_kernel("7.0.9-small");
  archive_.set_valid_until("Fri, 02 Jan 2026 00:00:00 UTC");
  archive_.publish();
  EXPECT_TRUE(find().empty());
  ASSERT_FALSE(problems_.ok());
  EXPECT_THAT(to_text(problems_.all().front()), HasSubstr("expired"));
  archive_.set_valid_until("Fri, 02 Jan 2099 00:00:00 UTC");
  archive_.publish();
  sources_.metadata = Metadata::refresh;
  EXPECT_EQ(find().size(), 1U) << "the date was the only fault";
}

TEST_F(Distrust, DoesNotHeedASourceThatCallsItselfTrusted) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish(test::Signed::no);
  archive_.set_sources(archive_.own_source("trusted=yes allow-insecure=yes"));
  EXPECT_TRUE(find().empty());
  EXPECT_THAT(codes(), Contains("error archive-unsigned"));
}

TEST_F(Distrust, DoesNotHeedAConfigurationThatAllowsInsecureArchives) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish(test::Signed::no);
  write_file(archive_.etc() / "apt.conf.d/99careless",
             "Acquire::AllowInsecureRepositories \"true\";\nAPT::Get::AllowUnauthenticated \"true\";\n");
  EXPECT_TRUE(find().empty());
  EXPECT_FALSE(problems_.ok());
}

TEST_F(Distrust, KeepsNothingOfAPackageThatIsNotTheOneInTheMetadata) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  const Kernels kernels = find();
  // The same size, other bytes.
  const fs::path file = archive_.file_of(test::kernel_packages("7.0.9-small", "1").at(0));
  std::string bytes = read_file(file);
  bytes[bytes.size() / 2] ^= 1;
  write_file(file, bytes);
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              testing::AllOf(HasSubstr("error: linux-headers-7.0.9-small 1 is not what the signed metadata says"),
                             HasSubstr("[package-digest-mismatch]")));
  EXPECT_FALSE(fs::exists(sources_.cache / "headers/packages" / kernels.at(0)->packages.at(0).sha256));
  EXPECT_THAT(stored("sets"), IsEmpty());
  EXPECT_THAT(stored("downloads"), IsEmpty());
}

TEST_F(Distrust, ChecksWhatAKilledRunLeftBeforeUsingIt) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  const Kernels kernels = find();
  write_file(sources_.cache / "headers/downloads" / (kernels.at(0)->packages.at(0).sha256 + ".deb"), "half of it");
  fetch_headers(sources_, kernels, errands());
  EXPECT_TRUE(has_headers(sources_, *kernels.at(0)));
}

/// A kernel whose common package has one more member.
std::vector<test::TestPackage> kernel_with(const test::ArchiveFile& member) {
  std::vector<test::TestPackage> packages = test::kernel_packages("7.0.9-small", "1");
  packages.at(1).files.push_back(member);
  return packages;
}

TEST_F(Distrust, RefusesArchivesThatWouldLeaveTheirPlace) {
  const fs::path outside = archive_.directory() / "outside";
  for (const test::ArchiveFile& hostile :
       {test::plain_file("../../../../outside", "x"), test::plain_file(outside.string(), "x"),
        test::plain_file("./usr/../../../../../outside", "x"), test::symlink_to("./usr/src/up", "../../../../../.."),
        test::ArchiveFile{
            .member = {.name = "./dev/null2", .type = MemberType::character_device, .device_major = 1, .device_minor = 3},
            .content = {}}}) {
    archive_.clear();
    for (const test::TestPackage& package : kernel_with(hostile)) archive_.add(package);
    archive_.publish();
    sources_.metadata = Metadata::refresh;
    const Kernels kernels = find();
    ASSERT_EQ(kernels.size(), 1U);
    EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }), HasSubstr("[archive-hostile]"))
        << hostile.member.name;
    EXPECT_FALSE(fs::exists(outside));
    EXPECT_THAT(stored("sets"), IsEmpty());
    EXPECT_FALSE(fs::exists(sources_.cache / "headers/packages" / kernels.at(0)->packages.at(1).sha256));
  }
}

TEST_F(Distrust, RefusesTwoPackagesOfWhichOneLeadsTheOtherElsewhere) {
  std::vector<test::TestPackage> packages = test::kernel_packages("7.0.9-small", "1");
  // In one package a link, in the other a directory of the same name.
  packages.at(0).files.push_back(test::symlink_to("./usr/lib/linux-kbuild-test", "../src"));
  for (const test::TestPackage& package : packages) archive_.add(package);
  archive_.publish();
  EXPECT_THAT(complaint([&] { find_and_fetch(); }), HasSubstr("disagree about usr/lib/linux-kbuild-test [archive-hostile]"));
  EXPECT_THAT(stored("sets"), IsEmpty());
}

TEST_F(Distrust, RefusesAPackageThatIsNoArchive) {
  std::vector<test::TestPackage> packages = test::kernel_packages("7.0.9-small", "1");
  for (const test::TestPackage& package : packages) archive_.add(package);
  archive_.publish();
  Kernel kernel = *find().at(0);
  // As a lock might name it: rightly digested, and rubbish.
  const fs::path rubbish = archive_.directory() / "rubbish.deb";
  write_file(rubbish, "rubbish");
  kernel.packages.at(0).url = "file:" + rubbish.string();
  kernel.packages.at(0).size = 7;
  kernel.packages.at(0).sha256 = "e2d0fe1585a63ec6009c8016ff8dda8b17719a637405a4e23c0ff81339148249";
  const Kernels kernels{std::make_shared<const Kernel>(kernel)};
  const std::string text = complaint([&] { fetch_headers(sources_, kernels, errands()); });
  EXPECT_THAT(text, testing::AnyOf(HasSubstr("[archive-unreadable]"), HasSubstr("[package-digest-mismatch]")));
  EXPECT_FALSE(has_headers(sources_, kernel));
}

}  // namespace
}  // namespace kmpack
