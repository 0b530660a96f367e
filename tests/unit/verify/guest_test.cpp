#include "verify/guest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSerial =
    "SeaBIOS\r\n"
    "[    0.000000] Linux version 6.1.0\r\n"
    "\x1b[2J\x1b[01;01H@@kmpack start 6.1.0-1-amd64\r\n"
    "@@kmpack certificate [    0.51] integrity: Loaded X.509 cert 'Example: 12ab'\r\n"
    "@@kmpack begin 0\r\n"
    "@@kmpack text 0 insmod: ERROR: could not insert module /kmpack/a.ko: Key was rejected by service\r\n"
    "@@kmpack kernel 0 [    2.345678] Loading of unsigned module is rejected\r\n"
    "@@kmpack end 0 1\r\n"
    "@@kmpack begin 1\r\n"
    "@@kmpack kernel 1 [    2.5] hello: one\r\n"
    "@@kmpack kernel 1 [    2.6] @@kmpack end 1 9\r\n"
    "@@kmpack end 1 0\r\n"
    "@@kmpack done\r\n";

TEST(GuestLog, ReadsEveryStepThroughEscapeCodesAndCarriageReturns) {
  const GuestLog log = read_guest_log(kSerial, 2);
  EXPECT_EQ(log.release, "6.1.0-1-amd64");
  EXPECT_TRUE(log.done);
  EXPECT_THAT(log.certificates, ElementsAre("integrity: Loaded X.509 cert 'Example: 12ab'"));
  EXPECT_EQ(log.answers.at(0).status, 1);
  EXPECT_THAT(log.answers.at(0).kernel, ElementsAre("Loading of unsigned module is rejected"));
  EXPECT_EQ(log.answers.at(1).status, 0);
}

TEST(GuestLog, ModuleThatPrintsOurMarkerCannotAnswerForUs) {
  const GuestLog log = read_guest_log(kSerial, 2);
  EXPECT_EQ(log.answers.at(1).status, 0);
  EXPECT_THAT(log.answers.at(1).kernel, ElementsAre("hello: one", "@@kmpack end 1 9"));
}

TEST(GuestLog, CutAnywhereItLeavesTheRestUnknown) {
  for (std::size_t length = 0; length < kSerial.size(); ++length) {
    const GuestLog log = read_guest_log(kSerial.substr(0, length), 2);
    EXPECT_TRUE(!log.done || log.answers.at(1).status) << length;
    EXPECT_TRUE(!log.answers.at(1).status || log.answers.at(0).status) << length;
  }
}

TEST(GuestLog, StepsThatWereNeverAskedAreIgnored) {
  const GuestLog log = read_guest_log("@@kmpack end 7 0\n@@kmpack end x 0\n@@kmpack end 99999999999999999999999 0\n", 1);
  EXPECT_FALSE(log.answers.at(0).status);
}

TEST(GuestLog, KeepsTheLastWordsOfAGuestThatDied) {
  const GuestLog log = read_guest_log("one\ntwo\nthree\nfour\nfive\nsix\nKernel panic - not syncing\n\n", 1);
  EXPECT_THAT(log.last_words, HasSubstr("Kernel panic"));
  EXPECT_EQ(log.last_words.find("two"), std::string::npos);
}

TEST(GuestSteps, AreNumberedInOrder) {
  const std::vector<GuestStep> steps{{GuestAction::insert, "/kmpack/a-unsigned.ko"}, {GuestAction::load, "hello"}};
  EXPECT_EQ(guest_steps(steps), "0 insert /kmpack/a-unsigned.ko\n1 load hello\n");
}

TEST(GuestSteps, RefuseNamesThatALineOrAShellTakesApart) {
  for (const char* name : {"", "a b", "a\nb", "$(reboot)", "`x`", "a;b", "a*"}) {
    try {
      static_cast<void>(guest_steps(std::vector<GuestStep>{{GuestAction::load, name}}));
      FAIL() << "took '" << name << "'";
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnostic().code, "boot-unsupported");
    }
  }
}

GuestAnswer answer(int status, std::string text) { return GuestAnswer{.status = status, .text = std::move(text)}; }

TEST(LoadResult, TellsRefusalsFromAbsentHardware) {
  EXPECT_EQ(load_result({}), LoadResult::not_reported);
  EXPECT_EQ(load_result(answer(0, "")), LoadResult::loaded);
  EXPECT_EQ(load_result(answer(1, "modprobe: ERROR: could not insert 'tp_smapi': No such device")), LoadResult::no_hardware);
  EXPECT_EQ(load_result(answer(1, "modprobe: ERROR: could not insert 'a': Key was rejected by service")), LoadResult::refused);
  EXPECT_EQ(load_result(answer(1, "modprobe: ERROR: could not insert 'a': Exec format error")), LoadResult::refused);
  EXPECT_EQ(load_result(answer(1, "modprobe: ERROR: could not insert 'a': Unknown symbol in module")), LoadResult::refused);
  EXPECT_EQ(load_result(answer(1, "modprobe: FATAL: Module a not found")), LoadResult::failed);
}

TEST(LoadResult, OnlyARejectedKeyIsARefusalForTheSignature) {
  EXPECT_TRUE(refused_for_signature(answer(1, "insmod: ERROR: could not insert module a.ko: Key was rejected by service")));
  EXPECT_FALSE(refused_for_signature(answer(0, "Key was rejected by service")));
  EXPECT_FALSE(refused_for_signature(answer(1, "insmod: ERROR: could not insert module a.ko: Invalid module format")));
  EXPECT_FALSE(refused_for_signature({}));
}

TEST(GuestInit, IsAShellScriptForBusybox) { EXPECT_TRUE(guest_init().starts_with("#!/bin/busybox sh\n")); }

}  // namespace
}  // namespace kmpack
