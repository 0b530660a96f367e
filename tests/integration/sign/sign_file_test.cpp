#include "integration/sign/fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::key_on_disk;
using test::output_of;
using test::signing_key;

fs::path sign_file_of(const fs::path& headers_root) {
  for (const TreeEntry& entry : walk(headers_root / "usr/lib"))
    if (entry.relative.filename() == "sign-file" && entry.type == EntryType::file)
      return headers_root / "usr/lib" / entry.relative;
  return {};
}

/// Bytes that no tool mistakes for a module already signed; sign-file looks at nothing else.
std::string content() {
  std::string text =
      "\x7f"
      "ELF";
  for (int index = 0; index < 50'000; ++index) text += static_cast<char>(index * 31 % 251);
  return text;
}

class SignFile : public testing::TestWithParam<std::string> {};

TEST_P(SignFile, MakesTheSameBytesAsWeDo) {
  KMPACK_NEEDS_HEADERS(root, "amd64", GetParam());
  const fs::path program = sign_file_of(root);
  ASSERT_FALSE(program.empty());
  const TempDir directory;
  const auto in = directory.path() / "in.ko";
  const auto out = directory.path() / "out.ko";
  write_file(in, content());
  const SigningKey key = signing_key();
  for (const std::string hash : {"sha256", "sha384", "sha512"})
    for (const fs::path& certificate : {key_on_disk().files.certificate, key_on_disk().files.der}) {
      output_of(program.string(), {hash, key_on_disk().files.key.string(), certificate.string(), in.string(), out.string()});
      const SigningKey ours = SigningKey::load(key_on_disk().files.key, certificate, {});
      EXPECT_EQ(with_signature(content(), signature_of(content(), ours, hash)), read_file(out)) << hash << " " << certificate;
      EXPECT_FALSE(verify_signature(read_file(out), ours.certificate()).has_value());
    }
}

TEST_P(SignFile, MakesTheSameBytesWithAKeyOfOtherTools) {
  KMPACK_NEEDS_HEADERS(root, "amd64", GetParam());
  const TempDir directory;
  const auto in = (directory.path() / "in.ko").string();
  const auto out = (directory.path() / "out.ko").string();
  const auto key = (directory.path() / "mok.key").string();
  const auto certificate = (directory.path() / "mok.pem").string();
  write_file(in, content());
  output_of("openssl", {"req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "10", "-set_serial", "5",
                        "-subj", "/C=AQ/O=Some Vendor/CN=driver key/", "-keyout", key, "-out", certificate});
  output_of(sign_file_of(root).string(), {"sha256", key, certificate, in, out});
  const SigningKey ours = SigningKey::load(key, certificate, {});
  EXPECT_EQ(with_signature(content(), signature_of(content(), ours, "sha256")), read_file(out));
}

INSTANTIATE_TEST_SUITE_P(Series, SignFile, testing::Values("6.1", "6.12"),
                         [](const auto& parameter) { return parameter.param == "6.1" ? "Linux61" : "Linux612"; });

TEST(SignatureOf, IsAcceptedByOpensslAndRefusedWhenTheContentChanged) {
  const TempDir directory;
  const auto path = [&](const char* name) { return (directory.path() / name).string(); };
  write_file(path("content"), content());
  write_file(path("changed"), content() + "x");
  write_file(path("cms"), signature_of(content(), signing_key(), "sha256"));
  const std::string certificate = key_on_disk().files.certificate.string();
  const auto verify = [&](const std::string& file) {
    output_of("openssl", {"cms", "-verify", "-binary", "-inform", "DER", "-in", path("cms"), "-content", file, "-certfile",
                          certificate, "-CAfile", certificate, "-purpose", "any", "-out", "/dev/null"});
  };
  EXPECT_NO_THROW(verify(path("content")));
  EXPECT_THROW(verify(path("changed")), Error);
}

/// A CMS that openssl makes of the content with our key and these options.
std::string foreign_cms(const TempDir& directory, std::vector<std::string> options) {
  const auto path = [&](const char* name) { return (directory.path() / name).string(); };
  write_file(path("content"), content());
  std::vector<std::string> args{"cms",
                                "-sign",
                                "-binary",
                                "-md",
                                "sha256",
                                "-outform",
                                "DER",
                                "-signer",
                                key_on_disk().files.certificate.string(),
                                "-inkey",
                                key_on_disk().files.key.string(),
                                "-in",
                                path("content"),
                                "-out",
                                path("cms")};
  args.insert(args.end(), options.begin(), options.end());
  output_of("openssl", args);
  return read_file(path("cms"));
}

TEST(VerifySignature, KnowsTheShapesThatTheLoaderRefuses) {
  const TempDir directory;
  const auto code_with = [&](std::vector<std::string> options) {
    const auto problem =
        verify_signature(with_signature(content(), foreign_cms(directory, std::move(options))), signing_key().certificate());
    return problem ? std::string(problem->code) : "holds";
  };
  EXPECT_EQ(code_with({"-noattr", "-nocerts", "-nosmimecap"}), "holds");
  EXPECT_EQ(code_with({"-noattr"}), "holds") << "a certificate inside does no harm";
  EXPECT_EQ(code_with({"-nocerts"}), "signature-attributes");
  EXPECT_EQ(code_with({"-noattr", "-nocerts", "-nodetach"}), "signature-malformed");
}

TEST(SignatureOf, ReportsWhatOpensslCannotSign) {
  const TempDir directory;
  const auto key = (directory.path() / "tiny.key").string();
  const auto certificate = (directory.path() / "tiny.pem").string();
  // PKCS#1 padding of SHA-512 needs 94 bytes; this key has 64.
  output_of("openssl", {"req", "-new", "-x509", "-newkey", "rsa:512", "-nodes", "-sha256", "-subj", "/CN=tiny/", "-keyout", key,
                        "-out", certificate});
  try {
    signature_of(content(), SigningKey::load(key, certificate, {}), "sha512");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "signing-failed");
    EXPECT_NE(error.diagnostic().notes.at(0), "");
  }
}

}  // namespace
}  // namespace kmpack
