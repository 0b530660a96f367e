#include "wrap/crypto.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace kmpack {
namespace {

using std::chrono::hours;

const RsaKey& key() {
  static const RsaKey made = RsaKey::generate(2048);
  return made;
}

X509Certificate certificate(const RsaKey& of, const std::string& name = "Test signer") {
  const auto now = std::chrono::system_clock::now();
  return of.self_signed({.common_name = name, .organization = "Test", .not_before = now, .not_after = now + hours(24)});
}

std::string signature(std::string_view content, const X509Certificate& with) {
  std::string why;
  const auto cms = Cms::sign(content, key(), with, "sha256", why);
  EXPECT_TRUE(cms.has_value()) << why;
  return cms.value_or("");
}

TEST(RsaKey, OpensWithItsPassphraseAndNoOther) {
  const Secret pem = key().pem("open sesame");
  EXPECT_TRUE(RsaKey::parse(pem.text(), [] { return std::string("open sesame"); }).key.has_value());
  EXPECT_EQ(RsaKey::parse(pem.text(), [] { return std::string("wrong"); }).failure, RsaKey::Failure::passphrase_wrong);
  EXPECT_EQ(RsaKey::parse(pem.text(), {}).failure, RsaKey::Failure::passphrase_missing);
  EXPECT_EQ(RsaKey::parse(pem.text(), [] { return std::string(100'000, 'x'); }).failure, RsaKey::Failure::passphrase_wrong);
  EXPECT_EQ(pem.text().find("BEGIN PRIVATE KEY"), std::string::npos);
}

TEST(RsaKey, IsNotAskedForAPassphraseItDoesNotNeed) {
  const Secret pem = key().pem("");
  bool asked = false;
  EXPECT_TRUE(RsaKey::parse(pem.text(), [&] { return asked = true, std::string("x"); }).key.has_value());
  EXPECT_FALSE(asked);
}

TEST(RsaKey, LetsThroughWhatThePassphraseSourceThrows) {
  const Secret pem = key().pem("open sesame");
  EXPECT_THROW(RsaKey::parse(pem.text(), []() -> std::string { throw std::out_of_range("no terminal"); }), std::out_of_range);
}

TEST(RsaKey, KnowsItsCertificate) {
  EXPECT_TRUE(key().belongs_to(certificate(key())));
  EXPECT_FALSE(key().belongs_to(certificate(RsaKey::generate(2048))));
}

TEST(RsaKey, IsNotReadFromNonsense) {
  for (const std::string text : {"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
    EXPECT_EQ(RsaKey::parse(text, {}).failure, RsaKey::Failure::not_a_key) << text;
}

TEST(X509Certificate, ReadsBackFromPemAndDer) {
  const X509Certificate made = certificate(key(), "Ünïcode Wörks");
  for (const std::string& bytes : {made.pem(), made.der()}) {
    const auto read = X509Certificate::parse(bytes);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->common_name(), "Ünïcode Wörks");
    EXPECT_EQ(read->serial(), made.serial());
    EXPECT_EQ(read->der(), made.der());
    EXPECT_EQ(read->not_after() - read->not_before(), hours(24));
  }
}

TEST(X509Certificate, HasAnotherSerialNumberEachTime) {
  const std::string first = certificate(key()).serial();
  EXPECT_EQ(first.size(), 20U * 3 - 1);
  EXPECT_NE(first, certificate(key()).serial());
}

TEST(X509Certificate, IsNotReadFromCutBytes) {
  const std::string der = certificate(key()).der();
  for (std::size_t size = 0; size < der.size(); size += 7)
    EXPECT_FALSE(X509Certificate::parse(der.substr(0, size)).has_value()) << size;
}

TEST(Cms, HoldsForTheContentThatWasSigned) {
  const X509Certificate signer = certificate(key());
  EXPECT_EQ(Cms::verify("content", signature("content", signer), signer), Cms::Verdict::holds);
  EXPECT_EQ(Cms::verify("Content", signature("content", signer), signer), Cms::Verdict::wrong);
  EXPECT_EQ(Cms::verify("content", signature("content", signer), certificate(key())), Cms::Verdict::other_key);
}

TEST(Cms, IsTheSameEachTime) {
  const X509Certificate signer = certificate(key());
  EXPECT_EQ(signature("content", signer), signature("content", signer));
}

TEST(Cms, TellsItsSigner) {
  const X509Certificate signer = certificate(key());
  const auto read = Cms::read(signature("content", signer));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->issuer, "Test signer");
  EXPECT_EQ(read->serial, signer.serial());
  EXPECT_EQ(read->hash, "sha256");
  EXPECT_FALSE(read->has_attributes);
}

TEST(Cms, NeverHoldsWhenAnyByteIsChangedCutOrAdded) {
  const X509Certificate signer = certificate(key());
  const std::string good = signature("content", signer);
  for (std::size_t place = 0; place < good.size(); ++place) {
    std::string bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x01);
    // A changed digest algorithm parameter may still say the same; nothing else may hold.
    if (Cms::verify("content", bad, signer) == Cms::Verdict::holds) {
      ASSERT_TRUE(Cms::read(bad).has_value());
      EXPECT_EQ(Cms::read(bad)->serial, signer.serial()) << place;
    }
    EXPECT_NE(Cms::verify("other", bad, signer), Cms::Verdict::holds) << place;
    EXPECT_NE(Cms::verify("content", good.substr(0, place), signer), Cms::Verdict::holds) << place;
  }
  EXPECT_EQ(Cms::verify("content", good + "x", signer), Cms::Verdict::malformed);
}

TEST(Cms, KnowsTheHashesOfKernelConfigurations) {
  for (const char* hash : {"sha256", "sha384", "sha512", "sha3-256"}) EXPECT_TRUE(Cms::knows_hash(hash)) << hash;
  for (const char* hash : {"", "md4", "md5", "SHA256", "blowfish"}) EXPECT_FALSE(Cms::knows_hash(hash)) << hash;
}

TEST(Secret, LeavesNothingBehindWhenMoved) {
  Secret from(std::string("hunter2"));
  const Secret to(std::move(from));
  EXPECT_EQ(to.text(), "hunter2");
  EXPECT_TRUE(from.text().empty());
}

}  // namespace
}  // namespace kmpack
