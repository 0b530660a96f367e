#include "inspect/trailer.hpp"

#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

std::string signed_with(const std::string& content, const std::string& cms) {
  std::string header("\0\0\2\0\0\0\0\0\0\0\0", 11);
  header += static_cast<char>(cms.size());
  return content + cms + header + std::string(kSignatureMagic);
}

TEST(SplitSignature, FindsNoneInAnUnsignedModule) {
  for (const std::string& text : {std::string(), std::string("ELF"), "ELF" + std::string(kSignatureMagic) + "x"}) {
    const SignatureView view = split_signature(text);
    EXPECT_FALSE(view.is_signed());
    EXPECT_EQ(view.content, text);
    EXPECT_EQ(view.cms, "");
  }
}

TEST(SplitSignature, CutsAtTheOutermostAndCountsAllLayers) {
  const std::string once = signed_with("content", "first");
  EXPECT_EQ(split_signature(once).content, "content");
  EXPECT_EQ(split_signature(once).cms, "first");
  EXPECT_EQ(split_signature(once).layers, 1U);
  const std::string twice = signed_with(once, "second");
  EXPECT_EQ(split_signature(twice).content, once);
  EXPECT_EQ(split_signature(twice).cms, "second");
  EXPECT_EQ(split_signature(twice).layers, 2U);
}

TEST(SplitSignature, RefusesLengthsAndTypesThatCannotBe) {
  const std::string good = signed_with("content", "cms");
  for (std::size_t place = good.size() - kSignatureMagic.size() - kSignatureHeaderSize;
       place < good.size() - kSignatureMagic.size(); ++place) {
    std::string bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x40);
    try {
      split_signature(bad, "x.ko");
      ADD_FAILURE() << place;
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnostic().code, "signature-malformed");
      EXPECT_EQ(error.diagnostic().message, "the signature at the end of x.ko has impossible lengths or type");
    }
  }
  EXPECT_THROW(split_signature(kSignatureMagic), Error);
  EXPECT_THROW(split_signature(signed_with("content", "")), Error);
  EXPECT_THROW(split_signature(signed_with("", "cms")), Error);
}

}  // namespace
}  // namespace kmpack
