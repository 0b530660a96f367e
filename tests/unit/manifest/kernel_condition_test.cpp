#include "manifest/kernel_condition.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.hpp"
#include "manifest/build_order.hpp"
#include "manifest/reader.hpp"
#include "manifest/writer.hpp"

namespace kmpack {
namespace {

KernelCondition condition(const std::string& patterns, std::optional<std::string> min = {}, std::optional<std::string> max = {}) {
  KernelCondition made;
  made.range = {.min = std::move(min), .max = std::move(max)};
  Diagnostics problems;
  for (const std::string& word : words(patterns)) made.flavors.push_back(parse_flavor_pattern(word, {}, problems).value());
  return made;
}

bool apart(const std::string& left, const std::string& right) {
  const bool answer = exclude_each_other(condition(left), condition(right));
  EXPECT_EQ(answer, exclude_each_other(condition(right), condition(left))) << left << " and " << right;
  return answer;
}

bool ranges_apart(std::optional<std::string> max, std::optional<std::string> min) {
  const bool answer = exclude_each_other(condition("", {}, max), condition("", min));
  EXPECT_EQ(answer, exclude_each_other(condition("", min), condition("", {}, max)));
  return answer;
}

TEST(KernelConditions, ExcludeEachOtherWhenAPartDiffers) {
  EXPECT_TRUE(apart("debian-12/amd64", "debian-13/amd64"));
  EXPECT_TRUE(apart("debian-12/amd64", "debian-12/rt-amd64"));
  EXPECT_TRUE(apart("debian-*/amd64", "el9/*"));
  EXPECT_TRUE(apart("*/rt-*", "*/amd64"));
  EXPECT_TRUE(apart("el9/default.x86_64", "el9/default.aarch64"));
  EXPECT_TRUE(apart("debian-12/amd64@6.1 debian-12/rt-amd64@6.1", "debian-12/amd64@6.12 debian-12/cloud-amd64"));
}

TEST(KernelConditions, MayMeetWhenNothingSaysOtherwise) {
  EXPECT_FALSE(apart("", "debian-12/amd64"));
  EXPECT_FALSE(apart("debian-12/amd64", "debian-12/amd64"));
  EXPECT_FALSE(apart("debian-*/amd64", "*-12/amd64"));
  EXPECT_FALSE(apart("debian-12/*", "debian-12/rt-amd64"));
  EXPECT_FALSE(apart("el9/default", "el9/default.aarch64"));
  EXPECT_FALSE(apart("debian-12/generic.amd64", "debian-12/generic.x86_64"));
  EXPECT_FALSE(apart("debian-12/generic.amd64", "debian-12/generic.x86*"));
  EXPECT_FALSE(apart("debian-12/amd64@6.1 debian-12/rt-amd64@6.1", "debian-12/cloud-amd64 debian-12/rt-amd64"));
}

TEST(KernelConditions, TellReleasesAndSeriesApartAsFarAsTheirNamesDo) {
  EXPECT_TRUE(apart("debian-12/amd64@6.1", "debian-12/amd64@6.12"));
  EXPECT_TRUE(apart("debian-12/amd64@6.1.0-55-amd64", "debian-12/amd64@6.1.0-56-amd64"));
  EXPECT_TRUE(apart("debian-12/amd64@6.1", "debian-12/amd64@6.12.30+deb12-amd64"));
  EXPECT_TRUE(apart("ol9-uek/default@uek", "ol9-uek/default@64k"));
  EXPECT_FALSE(apart("debian-12/amd64@6.1", "debian-12/amd64@6.1.0-56-amd64"));
  EXPECT_FALSE(apart("debian-13/amd64@backports", "debian-13/amd64@6.16.3+deb13-amd64"));
  EXPECT_FALSE(apart("el10/default@10", "el10/default@6.12.0-55.el10.x86_64"));
  EXPECT_FALSE(apart("debian-12/amd64@6.12", "debian-12/amd64@6.12.30"));
  EXPECT_FALSE(apart("debian-12/amd64@6.1", "debian-12/amd64@6.1*"));
  EXPECT_FALSE(apart("debian-12/amd64@6.1", "debian-12/amd64@*"));
  EXPECT_FALSE(apart("debian-12/amd64", "debian-12/amd64@6.1"));
}

TEST(KernelConditions, ExcludeEachOtherWhenRangesDoNotMeet) {
  EXPECT_TRUE(ranges_apart("6.1", "6.2"));
  EXPECT_TRUE(ranges_apart("6.1.4", "6.1.5"));
  EXPECT_TRUE(ranges_apart("5", "6.1"));
  EXPECT_FALSE(ranges_apart("6.1", "6.1"));
  EXPECT_FALSE(ranges_apart("6.1", "6.1.5"));
  EXPECT_FALSE(ranges_apart("6.10", "6.2"));
  EXPECT_FALSE(ranges_apart({}, "6.2"));
  EXPECT_TRUE(exclude_each_other(condition("debian-12/*", "6.2"), condition("debian-12/*", {}, "6.1")));
}

TEST(KernelConditions, HoldForAllWhenTheRangesLeaveNothingOut) {
  const KernelCondition all;
  const KernelCondition old = condition("", {}, "6.1");
  const KernelCondition recent = condition("", "6.2");
  const KernelCondition newest = condition("", "6.3");
  const KernelCondition debian = condition("debian-12/*");
  EXPECT_TRUE(hold_for_all({&debian, &all}));
  EXPECT_TRUE(hold_for_all({&recent, &old}));
  EXPECT_FALSE(hold_for_all({&newest, &old}));
  EXPECT_FALSE(hold_for_all({&recent, &newest}));
  EXPECT_FALSE(hold_for_all({&debian}));
}

std::string with_modules(const std::string& modules, const std::string& more = {}) {
  return "<package name=\"sound\" version=\"1\" license=\"GPL-2.0-only\"><summary>Sound</summary>\n"
         "<maintainer name=\"Jane Doe\" mail=\"jane@example.org\"/><modules>\n" +
         modules + "</modules>" + more + "</package>";
}

std::string answer(const std::string& text) {
  Diagnostics problems;
  parse_manifest(text, "/project/kmpack.xml", problems);
  std::string all;
  for (const Diagnostic& problem : problems.all()) all += to_text(problem) + "\n";
  return all;
}

TEST(ModulesOfOneName, AreTakenWhereNoKernelFitsTwo) {
  const std::string text = with_modules(
      "<module name=\"snd\" directory=\"old\" max=\"6.1\"/>\n<module name=\"snd\" directory=\"new\" strip=\"no\" min=\"6.2\"/>\n"
      "<module name=\"snd_usb\" directory=\"old\" uses=\"snd\" for=\"*/*@6.1\"/>\n");
  Diagnostics problems;
  const auto manifest = parse_manifest(text, "/project/kmpack.xml", problems);
  ASSERT_TRUE(manifest.has_value()) << answer(text);
  ASSERT_EQ(manifest->modules.size(), 3U);
  EXPECT_EQ(manifest->modules[1].directory, "new");
  EXPECT_EQ(answer(render_manifest(*manifest)), "");
  const auto steps = build_order(*manifest);
  ASSERT_EQ(steps.size(), 2U);
  // What may use either comes after both.
  EXPECT_EQ(steps.back().directory, "old");
}

TEST(ModulesOfOneName, AreRefusedWhereAKernelMayFitTwo) {
  EXPECT_EQ(
      answer(with_modules("<module name=\"snd-a\" directory=\"old\" max=\"6.1\"/>\n<module name=\"snd_a\" min=\"6.1\"/>\n")),
      "/project/kmpack.xml:4: error: a second module 'snd_a' [module-duplicate]\n"
      "  hint: line 3 may be for the same kernel; give both a 'for', 'min' or 'max' that no kernel can fit twice\n");
  EXPECT_NE(answer(with_modules("<module name=\"snd\" for=\"*/rt-*\"/>\n<module name=\"snd\"/>\n")).find("[module-duplicate]"),
            std::string::npos);
  EXPECT_NE(answer(with_modules("<module name=\"snd\" for=\"*/rt-*\"/>\n<module name=\"snd\" for=\"*/amd64\"/>\n"
                                "<module name=\"snd\" for=\"debian-12/*@6.1\"/>\n"))
                .find(":5: error: a second module 'snd'"),
            std::string::npos);
}

TEST(ModulesOfOneName, MayHaveOneFileWhereNoKernelFitsTwo) {
  EXPECT_EQ(
      answer(with_modules("<module name=\"one\" file=\"snd\" max=\"6.1\"/>\n<module name=\"two\" file=\"snd\" min=\"6.2\"/>\n")),
      "");
  EXPECT_EQ(answer(with_modules("<module name=\"one\" file=\"snd\" max=\"6.1\"/>\n<module name=\"two\" file=\"snd\"/>\n")),
            "/project/kmpack.xml:4: error: the modules 'one' and 'two' are both installed as 'snd' [module-duplicate]\n"
            "  hint: line 3 may be for the same kernel; give both a 'for', 'min' or 'max' that no kernel can fit twice\n");
}

TEST(ModulesOfOneName, AreNotComparedWithoutEnd) {
  std::string modules;
  for (int i = 0; i < 3000; ++i)
    modules += "<module name=\"snd\" for=\"debian-12/amd64@6.1.0-" + std::to_string(i) + "-amd64\"/>\n";
  EXPECT_NE(answer(with_modules(modules)).find("a second module 'snd'"), std::string::npos);
}

TEST(LoadAtBoot, WarnsOfAModuleThatNotEveryKernelHas) {
  const std::string load = "<install>\n<load module=\"snd\"/></install>";
  EXPECT_EQ(answer(with_modules("<module name=\"snd\" max=\"6.1\"/>\n", load)),
            "/project/kmpack.xml:5: warning: <load> names 'snd', which is not there for every kernel [module-not-everywhere]\n"
            "  note: one modules-load.d serves all kernels: where it is not, systemd-modules-load.service fails at every boot\n"
            "  hint: leave <load> out where the module's aliases load it, or make it for every kernel\n");
  EXPECT_EQ(answer(with_modules("<module name=\"snd\"/>\n", load)), "");
  EXPECT_EQ(
      answer(with_modules("<module name=\"snd\" max=\"6.1\"/>\n<module name=\"snd\" directory=\"new\" min=\"6.2\"/>\n", load)),
      "");
  EXPECT_EQ(
      answer(with_modules("<module name=\"snd\" max=\"6.1\"/>\n",
                          "<install><options module=\"snd\">a=1</options><softdep module=\"snd\" pre=\"crc8\"/></install>")),
      "");
}

}  // namespace
}  // namespace kmpack
