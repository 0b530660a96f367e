#include "sign/signature.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "sys/files.hpp"

namespace kmpack {
namespace {

SigningKey make_key(const std::string& name) {
  const TempDir directory;
  KeyRequest request;
  request.common_name = name;
  request.prefix = directory.path() / "key";
  const KeyFiles files = create_key(request);
  return SigningKey::load(files.key, files.certificate, {});
}

const SigningKey& key() {
  static const SigningKey made = make_key("Test signer");
  return made;
}

const SigningKey& stranger() {
  static const SigningKey made = make_key("Stranger");
  return made;
}

std::string sealed(const std::string& content, const SigningKey& with = key()) {
  return with_signature(content, signature_of(content, with, "sha256"));
}

std::string code_of(const std::string& module, const SigningKey& with = key()) {
  const auto problem = verify_signature(module, with.certificate(), "m.ko");
  return problem ? std::string(problem->code) : "holds";
}

TEST(WithSignature, WritesTheTrailerTheLoaderReads) {
  const std::string module = with_signature("content", std::string(0x1234, 'c'));
  EXPECT_EQ(module.substr(7 + 0x1234), std::string("\0\0\2\0\0\0\0\0\0\0\x12\x34", 12) + "~Module signature appended~\n");
  EXPECT_EQ(split_signature(module).content, "content");
  EXPECT_EQ(split_signature(module).cms, std::string(0x1234, 'c'));
}

TEST(VerifySignature, AcceptsWhatWasSigned) {
  EXPECT_EQ(code_of(sealed("content")), "holds");
  EXPECT_EQ(code_of(sealed("")), "signature-malformed") << "a signature over nothing is none";
}

TEST(VerifySignature, TellsWhyItDoesNotHold) {
  std::string changed = sealed("content");
  changed[0] = 'C';
  EXPECT_EQ(code_of(changed), "signature-invalid");
  EXPECT_EQ(code_of("content"), "signature-missing");
  EXPECT_EQ(code_of(sealed("content") + "x"), "signature-missing") << "the loader sees no mark at the end either";
  EXPECT_EQ(code_of(sealed("content", stranger())), "signature-other-key");
  EXPECT_EQ(code_of(with_signature("content", "not CMS")), "signature-malformed");
  EXPECT_EQ(code_of("content" + std::string("\0\0\1\0\0\0\0\0\0\0\0\4", 12) + std::string(kSignatureMagic)),
            "signature-malformed");
}

TEST(VerifySignature, NamesBothKeys) {
  const auto problem = verify_signature(sealed("content", stranger()), key().certificate(), "m.ko");
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->message, "m.ko is not signed by 'Test signer'");
  EXPECT_EQ(problem->notes.at(0), "its signer is 'Stranger', serial number " + stranger().certificate().serial());
}

TEST(VerifySignature, LooksAtTheOutermostLayerOnly) {
  const std::string twice = sealed(sealed("content"), stranger());
  EXPECT_EQ(split_signature(twice).layers, 2U);
  EXPECT_EQ(code_of(twice), "signature-other-key");
  EXPECT_EQ(code_of(twice, stranger()), "holds");
}

TEST(SignatureOf, IsTheSameEachTimeAndFromEveryThread) {
  const std::string expected = signature_of("content", key(), "sha512");
  std::vector<std::string> made(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& one : made) threads.emplace_back([&one] { one = signature_of("content", key(), "sha512"); });
  }
  for (const std::string& one : made) EXPECT_EQ(one, expected);
}

TEST(SignatureOf, RefusesAHashItDoesNotKnow) {
  for (const char* hash : {"", "md5", "sha-256"}) {
    try {
      signature_of("content", key(), hash);
      ADD_FAILURE() << hash;
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnostic().code, "signature-hash-unknown");
    }
  }
}

}  // namespace
}  // namespace kmpack
