#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "manifest/reader.hpp"
#include "support/manifests/sample_manifest.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kMegabyte = 1024 * 1024;

struct Answer {
  std::size_t errors;
  std::string first;
  bool exhausted;
  std::chrono::steady_clock::duration took;
};

Answer answer(const std::string& text) {
  Diagnostics problems;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(parse_manifest(text, "/project/kmpack.xml", problems).has_value());
  const auto took = std::chrono::steady_clock::now() - start;
  if (problems.all().empty()) return {0, "", false, took};
  for (const Diagnostic& problem : problems.all()) EXPECT_LT(to_text(problem).size(), 1000U);
  const bool exhausted = std::ranges::count(problems.all(), "manifest-too-many-mistakes", &Diagnostic::code) == 1;
  return {problems.error_count(), std::string(problems.all().front().code), exhausted, took};
}

std::string repeated(std::string_view piece, std::size_t size) {
  std::string text;
  while (text.size() < size) text += piece;
  return text;
}

void expect_quick(const Answer& given) {
  EXPECT_LT(given.took, std::chrono::seconds(20)) << "with sanitizers; without, a fraction of a second";
}

TEST(HostileManifest, OfRandomBytesIsRefusedAtOnce) {
  std::mt19937 random(1);
  std::string text(kMegabyte, ' ');
  for (char& c : text) c = static_cast<char>(random() & 0xFFU);
  const Answer given = answer(text);
  EXPECT_EQ(given.errors, 1U);
  expect_quick(given);
}

TEST(HostileManifest, OfRandomPrintableTextIsRefusedAtOnce) {
  std::mt19937 random(2);
  std::string text(kMegabyte, ' ');
  for (char& c : text) c = static_cast<char>(' ' + random() % 95);
  expect_quick(answer(text));
}

TEST(HostileManifest, WithAMegabyteOfUnknownElementsIsAnsweredInFewLines) {
  const Answer given = answer(test::minimal_manifest(repeated("<sumary x='y'/>", kMegabyte)));
  EXPECT_EQ(given.errors, 101U);
  EXPECT_TRUE(given.exhausted);
  expect_quick(given);
}

TEST(HostileManifest, WithThousandsOfModulesThatUseUnknownOnesIsAnsweredInFewLines) {
  std::string modules;
  for (int i = 0; modules.size() < kMegabyte / 4; ++i)
    modules += "<module name='m" + std::to_string(i) + "' uses='n" + std::to_string(i) + "'/>\n";
  std::string text = test::minimal_manifest();
  text.replace(text.find("<module name=\"mini\"/>"), 21, modules);
  const Answer given = answer(text);
  EXPECT_EQ(given.errors, 101U);
  EXPECT_EQ(given.first, "module-unknown");
  expect_quick(given);
}

TEST(HostileManifest, WithAChainOfModulesAMegabyteLongIsReadAtOnce) {
  std::string modules;
  for (int i = 0; modules.size() < kMegabyte; ++i) {
    modules += "<module name='m" + std::to_string(i) + "' uses='m" + std::to_string(i + 1) + "' directory='d" +
               std::to_string(i) + "'/>\n";
  }
  modules += "<module name='m" + std::to_string(std::count(modules.begin(), modules.end(), '\n')) + "'/>";
  std::string text = test::minimal_manifest();
  text.replace(text.find("<module name=\"mini\"/>"), 21, modules);
  Diagnostics problems;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(parse_manifest(text, "/project/kmpack.xml", problems).has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(HostileManifest, WithOneNameOfAMegabyteIsAnsweredShortly) {
  expect_quick(answer(test::minimal_manifest("<" + std::string(kMegabyte, 'a') + "/>")));
  expect_quick(answer(test::minimal_manifest("<url>" + std::string(kMegabyte, 'a') + "</url>")));
  expect_quick(answer(test::minimal_manifest("<kernels><include flavor=\"" + std::string(kMegabyte, 'a') + "\"/></kernels>")));
}

TEST(HostileManifest, NestedDeepIsRefused) {
  const Answer given = answer(repeated("<package>", kMegabyte));
  EXPECT_EQ(given.errors, 1U);
  EXPECT_EQ(given.first, "xml-invalid");
  expect_quick(given);
}

TEST(HostileManifest, WithEntitiesIsRefusedBeforeAnythingGrows) {
  std::string text = "<!DOCTYPE p [<!ENTITY a0 \"ha\">";
  for (int i = 1; i < 40; ++i)
    text += "<!ENTITY a" + std::to_string(i) + " \"&a" + std::to_string(i - 1) + ";&a" + std::to_string(i - 1) + ";\">";
  const Answer given = answer(text + "]><package>&a39;</package>");
  EXPECT_EQ(given.first, "xml-doctype");
  expect_quick(given);
}

TEST(HostileManifest, LargerThanAnyIsRefusedUnread) { EXPECT_EQ(answer(std::string(5 * kMegabyte, ' ')).first, "xml-too-large"); }

TEST(HostileManifest, OfNothingIsRefused) {
  EXPECT_EQ(answer("").first, "xml-invalid");
  EXPECT_EQ(answer("\n\n").first, "xml-invalid");
  EXPECT_EQ(answer("<!-- -->").first, "xml-invalid");
}

TEST(HostileManifest, CutShortAnywhereIsRefusedOrTheSame) {
  const std::string text = test::minimal_manifest("<install><load module=\"mini\"/></install>");
  const std::size_t whole = text.find("</package>") + std::string("</package>").size();
  for (std::size_t size = 0; size < whole; ++size) {
    Diagnostics problems;
    EXPECT_FALSE(parse_manifest(text.substr(0, size), "/project/kmpack.xml", problems).has_value()) << size;
    EXPECT_FALSE(problems.ok());
  }
}

}  // namespace
}  // namespace kmpack
