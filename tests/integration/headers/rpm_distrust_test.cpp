#include <algorithm>

#include "headers/rpm_md_messages.hpp"
#include "integration/headers/rpm_fixture.hpp"
#include "wrap/archive.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RpmDistrust : public test::RpmFixture {
 protected:
  [[nodiscard]] fs::path primary() const {
    for (const auto& entry : fs::directory_iterator(directory_.path() / "suse/repodata")) {
      if (entry.path().filename().string().ends_with("primary.xml.gz")) return entry.path();
    }
    return {};
  }
  [[nodiscard]] fs::path devel() const { return rpm("suse/kernel-default-devel-6.4.0-150600.23.14.2.x86_64"); }
  [[nodiscard]] bool is_empty(const std::string& part) const {
    std::error_code absent;
    return std::ranges::all_of(
        fs::directory_iterator(sources_.cache / "headers" / part, absent),
        [](const fs::directory_entry& entry) { return entry.path().filename().string().starts_with('.'); });
  }
};

TEST_F(RpmDistrust, TakesNothingFromAnUnsignedRepository) {
  publish("suse", "none");
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("error: the repository file://"),
                                        HasSubstr("is not used, for it is not signed as it should be [archive-unsigned]"))));
}

TEST_F(RpmDistrust, TakesNothingThatAStrangerSigned) {
  publish("suse", "other");
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("[archive-unsigned]"), HasSubstr("note: it is signed with the key "),
                                        HasSubstr("which is not in " + (flavors() / "good.asc").string()))));
}

TEST_F(RpmDistrust, TakesNothingWithoutAKeyAndSaysWhereItBelongs) {
  fs::remove(flavors() / "good.asc");
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("[archive-unsigned]"),
                                        HasSubstr("the key of Tiny SUSE belongs in " + (flavors() / "good.asc").string()))));
}

TEST_F(RpmDistrust, LooksAtASignatureAgainWhenTheKeyIsAnother) {
  EXPECT_THAT(find({"tiny-suse/default"}), SizeIs(2));
  fs::copy_file(flavors() / "other.asc", flavors() / "good.asc", fs::copy_options::overwrite_existing);
  sources_.metadata = Metadata::stored;
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(HasSubstr("[archive-unsigned]")));
}

TEST_F(RpmDistrust, TakesNothingFromMetadataThatWasChangedAfterItWasSigned) {
  const fs::path repomd = directory_.path() / "suse/repodata/repomd.xml";
  write_file(repomd, read_file(repomd) + "<!-- -->");
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("[archive-unsigned]"), HasSubstr("it was changed after it was signed"))));
}

TEST_F(RpmDistrust, TakesNothingThatAKeySignedWhoseTimeIsOver) {
  publish("suse", "expired");
  // The catalogue's file has both keys, so what is wrong is the time only.
  write_file(flavors() / "good.asc", read_file(flavors() / "good.asc") + read_file(flavors() / "expired.asc"));
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("[archive-unsigned]"), HasSubstr("the key that signed it has expired"))));
}

TEST_F(RpmDistrust, TakesAnyOfTheKeysInTheFile) {
  publish("suse", "other");
  write_file(flavors() / "good.asc", read_file(flavors() / "good.asc") + read_file(flavors() / "other.asc"));
  EXPECT_THAT(find({"tiny-suse/default"}), SizeIs(2));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RpmDistrust, TakesNothingFromAPrimaryWithAnotherDigest) {
  std::string bytes = read_file(primary());
  bytes[bytes.size() / 2] ^= 1;
  write_file(primary(), bytes);
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(),
              ElementsAre(AllOf(HasSubstr("[package-digest-mismatch]"), HasSubstr("is not what its signed repomd.xml says"))));
}

TEST_F(RpmDistrust, TakesNothingFromATruncatedPrimary) {
  const std::string bytes = read_file(primary());
  write_file(primary(), bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(find({"tiny-suse/default"}), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(HasSubstr("[package-digest-mismatch]")));
}

TEST_F(RpmDistrust, GoesOnToAMirrorThatIsRight) {
  // tiny-el has a mirror list whose first names are of no use.
  EXPECT_THAT(select({"tiny-el/default"}), SizeIs(1));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RpmDistrust, KeepsNothingOfAPackageThatIsNotTheOneInTheMetadata) {
  const Kernels kernels = select({"tiny-suse/default"});
  // The same size, other bytes.
  std::string bytes = read_file(devel());
  bytes[bytes.size() - 30] ^= 1;
  write_file(devel(), bytes);
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              AllOf(HasSubstr("error: kernel-default-devel 6.4.0-150600.23.14.2 is not what the signed metadata says"),
                    HasSubstr("[package-digest-mismatch]")));
  // Longer than it says.
  write_file(devel(), bytes + bytes);
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }), HasSubstr("[package-digest-mismatch]"));
  EXPECT_TRUE(is_empty("sets"));
  EXPECT_TRUE(is_empty("downloads"));
}

/// A child that brings rubbish and says that all is well.
class LyingRunner final : public CommandRunner {
 public:
  Completed run(const Command& command, std::stop_token /*stop*/) override {
    const RpmMdRequest request = read_rpm_md_request(command.args.at(2));
    for (const RpmDownload& wanted : request.downloads) write_file(wanted.file, "rubbish");
    write_rpm_md_answer(request.answer, {});
    return {.exit_code = 0};
  }
};

TEST_F(RpmDistrust, LooksAtWhatItsOwnChildBroughtBeforeUnpackingIt) {
  const Kernels kernels = select({"tiny-suse/default"});
  LyingRunner liar;
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, {.runner = liar, .stop = {}, .say = {}}); }),
              HasSubstr("[package-digest-mismatch]"));
  EXPECT_TRUE(is_empty("packages"));
  EXPECT_TRUE(is_empty("downloads"));
}

TEST_F(RpmDistrust, SaysWhichPackageIsGone) {
  const Kernels kernels = select({"tiny-suse/default"});
  fs::remove(devel());
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              AllOf(HasSubstr("kernel-default-devel 6.4.0-150600.23.14.2 cannot be downloaded"), HasSubstr("[download-failed]")));
}

/// Bytes before an rpm's payload: lead, signature header (padded to 8), header. Source: rpm docs/manual/format.md.
std::size_t payload_offset(const std::string& rpm) {
  const auto number = [&](std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(rpm.at(at + i));
    return value;
  };
  const auto header = [&](std::size_t at) { return at + 16 + 16 * number(at + 8) + number(at + 12); };
  return header((header(96) + 7) / 8 * 8);
}

TEST_F(RpmDistrust, RefusesPackagesThatWouldLeaveTheirPlace) {
  const std::string head = read_file(devel()).substr(0, payload_offset(read_file(devel())));
  const fs::path outside = directory_.path() / "outside";
  for (const ArchiveMember& hostile :
       {ArchiveMember{.name = "../../../../../../outside"}, ArchiveMember{.name = outside.string()},
        ArchiveMember{.name = "./usr/../../../../../../../outside"},
        ArchiveMember{.name = "./usr/src/up", .type = MemberType::symlink, .link = "../../../../.."},
        ArchiveMember{.name = "./dev/null2", .type = MemberType::character_device, .device_major = 1, .device_minor = 3}}) {
    ArchiveWriter payload({.format = ArchiveFormat::cpio_newc, .filter = ArchiveFilter::gzip});
    payload.add(hostile, hostile.type == MemberType::file ? "x" : "");
    write_file(devel(), head + payload.finish_bytes());
    publish("suse");
    sources_.metadata = Metadata::refresh;
    const Kernels kernels = select({"tiny-suse/default"});
    ASSERT_THAT(kernels, SizeIs(1));
    EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }), HasSubstr("[archive-hostile]")) << hostile.name;
    EXPECT_FALSE(fs::exists(outside));
    EXPECT_TRUE(is_empty("sets"));
  }
}

}  // namespace
}  // namespace kmpack
