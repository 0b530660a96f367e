#include "wrap/rpm_md.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"
#include "wrap/openpgp_armor.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string package(const std::string& name, const std::string& more = "") {
  return "<package type=\"rpm\"><name>" + name +
         "</name><arch>x86_64</arch><version epoch=\"0\" ver=\"6.4.0\" rel=\"150600.23.7.3\"/><checksum type=\"sha256\" "
         "pkgid=\"YES\">" +
         kDigest +
         "</checksum><summary>a &amp; b</summary><size package=\"123\" installed=\"4\" archive=\"5\"/><location href=\"x86_64/" +
         name + ".rpm\"/><format><rpm:provides><rpm:entry name=\"kernel-devel\"/></rpm:provides><rpm:requires>" + more +
         "</rpm:requires><file>/usr</file></format></package>";
}

std::string metadata(const std::string& packages) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
         "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"1\">" +
         packages + "</metadata>";
}

class ReadPrimary : public testing::Test {
 protected:
  std::vector<RpmMdPackage> read(const std::string& bytes) {
    const auto file = directory_.path() / "primary.xml";
    write_file(file, bytes);
    return read_primary(file, [](std::string_view name) { return name.starts_with("kernel"); });
  }
  std::string complaint(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const Error& error) {
      return std::string(error.diagnostic().code) + ": " + error.diagnostic().message;
    }
    return "nothing";
  }
  TempDir directory_;
};

TEST_F(ReadPrimary, KeepsWhatIsWantedAndItsRequirementsOnly) {
  const auto packages =
      read(metadata(package("bash", "<rpm:entry name=\"x\"/>") +
                    package("kernel-default-devel",
                            "<rpm:entry name=\"kernel-devel\" flags=\"EQ\" epoch=\"0\" ver=\"6.4.0\" rel=\"1.2\"/>"
                            "<rpm:entry name=\"a&amp;lt;b\" flags=\"GE\" ver=\"1\"/>")));
  ASSERT_EQ(packages.size(), 1U);
  const RpmMdPackage& devel = packages.front();
  EXPECT_EQ(devel.name, "kernel-default-devel");
  EXPECT_EQ(devel.arch, "x86_64");
  EXPECT_EQ(devel.version + "-" + devel.release, "6.4.0-150600.23.7.3");
  EXPECT_EQ(devel.digest, kDigest);
  EXPECT_EQ(devel.size, 123U);
  EXPECT_EQ(devel.location, "x86_64/kernel-default-devel.rpm");
  ASSERT_EQ(devel.requires_.size(), 2U);
  EXPECT_EQ(devel.requires_.at(0).text(), "kernel-devel = 6.4.0-1.2");
  // A reference is resolved once.
  EXPECT_EQ(devel.requires_.at(1).text(), "a&lt;b >= 1");
}

TEST_F(ReadPrimary, ReadsEveryCompressionThatDistributionsUse) {
  const std::string plain = metadata(package("kernel-devel"));
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::xz, Compression::zstd})
    EXPECT_EQ(read(compressed(plain, compression)).size(), 1U) << suffix_of(compression);
}

TEST_F(ReadPrimary, RefusesWhatIsCutShort) {
  const std::string plain = metadata(package("kernel-devel") + package("kernel-rt-devel"));
  EXPECT_THAT(complaint(plain.substr(0, plain.size() - 60)),
              HasSubstr("rpm-md-invalid: primary.xml is no repository metadata: "));
  const std::string packed = compressed(plain, Compression::gzip);
  EXPECT_THAT(complaint(packed.substr(0, packed.size() / 2)), HasSubstr("archive-unreadable: "));
  EXPECT_THAT(complaint(""), HasSubstr("rpm-md-invalid: "));
}

TEST_F(ReadPrimary, RefusesEntitiesAndOtherRoots) {
  EXPECT_EQ(complaint("<!DOCTYPE metadata [<!ENTITY a \"b\">]><metadata/>"),
            "rpm-md-invalid: primary.xml is no repository metadata: it has a document type");
  EXPECT_EQ(complaint("<filelists/>"), "rpm-md-invalid: primary.xml is no repository metadata: its root is not <metadata>");
}

TEST_F(ReadPrimary, GivesNoDigestWhereThereIsAWeakOneOnly) {
  std::string text = metadata(package("kernel-devel"));
  text.replace(text.find("sha256"), 6, "sha1");
  ASSERT_EQ(read(text).size(), 1U);
  EXPECT_EQ(read(text).front().digest, "");
}

std::string repomd(const std::string& type, const std::string& digest) {
  return "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>1</revision><data type=\"primary\"><checksum type=\"" +
         type + "\">" + digest + "</checksum><location href=\"repodata/p.xml.gz\"/><size>77</size></data></repomd>";
}

TEST(ParseRepomd, TakesFilesWithDigestsWorthTheirName) {
  for (const auto& [type, digest] : {std::pair<std::string, std::string>{"sha256", kDigest}, {"sha512", std::string(128, 'a')}}) {
    const auto files = parse_repomd(repomd(type, digest), "repomd.xml");
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files.front().type, "primary");
    EXPECT_EQ(files.front().location, "repodata/p.xml.gz");
    EXPECT_EQ(files.front().digest, digest);
    EXPECT_EQ(files.front().size, 77U);
  }
  EXPECT_THAT(parse_repomd(repomd("sha", std::string(40, 'a')), "repomd.xml"), IsEmpty());
  EXPECT_THAT(parse_repomd(repomd("sha256", "short"), "repomd.xml"), IsEmpty());
}

TEST(ParseMirrors, ReadsListsAndMetalinks) {
  EXPECT_THAT(parse_mirrors("# list\nhttps://a.example/el/\r\nrsync://b.example/\n\nhttp://c.example/el\n", "list"),
              ElementsAre("https://a.example/el/", "http://c.example/el"));
  EXPECT_THAT(
      parse_mirrors("<?xml version=\"1.0\"?><metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\"><files><file "
                    "name=\"repomd.xml\">"
                    "<resources maxconnections=\"1\"><url protocol=\"https\">https://a.example/f/repodata/repomd.xml</url>"
                    "<url protocol=\"rsync\">rsync://b.example/f/repodata/repomd.xml</url></resources></file></files></metalink>",
                    "metalink"),
      ElementsAre("https://a.example/f/"));
  EXPECT_THAT(parse_mirrors("", "list"), IsEmpty());
  EXPECT_THROW(parse_mirrors("<html><p>not found", "list"), Error);
}

TEST(CompareRpmVersions, OrdersAsRpmDoes) {
  const auto compare = [](RpmMdPackage left, RpmMdPackage right) { return compare_rpm_versions(left, right); };
  EXPECT_LT(compare({.version = "6.4.0", .release = "150600.23.7.3"}, {.version = "6.4.0", .release = "150600.23.14.2"}), 0);
  EXPECT_GT(compare({.epoch = "1", .version = "1"}, {.epoch = "0", .version = "9"}), 0);
  EXPECT_EQ(compare({.epoch = "", .version = "1", .release = "2"}, {.epoch = "0", .version = "1", .release = "2"}), 0);
  EXPECT_LT(compare({.version = "6.12~rc1"}, {.version = "6.12"}), 0);
}

TEST(Dearmored, GivesThePacketsOfAllBlocks) {
  const std::string block =
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x\n\nAAEC\nAwQ=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";
  const std::string bytes("\x00\x01\x02\x03\x04", 5);
  EXPECT_EQ(dearmored(block), bytes);
  EXPECT_EQ(dearmored("text before\n" + block + "\r\n" + block), bytes + bytes);
  EXPECT_EQ(dearmored(bytes), bytes);
  EXPECT_EQ(dearmored("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----\n"), "");
}

}  // namespace
}  // namespace kmpack
