#include "cli/options.hpp"

#include <gtest/gtest.h>

#include "support/thrown.hpp"

namespace kmpack {
namespace {

using test::diagnostic_thrown_by;

Options parsed(const std::vector<std::string>& words) { return std::get<Options>(parse_options(words)); }
std::string answered(const std::vector<std::string>& words) { return std::get<Answer>(parse_options(words)).text; }

std::string refusal(const std::vector<std::string>& words) {
  const auto problem = diagnostic_thrown_by([&] { static_cast<void>(parse_options(words)); });
  return problem ? to_text(*problem) : "accepted";
}

TEST(ParseOptions, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--offline", "-j", "3", "build", "--json"},
                                                                 {"build", "--json", "--offline", "-j3"}}) {
    const Options options = parsed(words);
    EXPECT_EQ(options.command, CommandKind::build);
    EXPECT_EQ(options.network, Network::offline);
    EXPECT_EQ(options.rendering, Rendering::json);
    EXPECT_EQ(options.jobs, 3U);
  }
}

TEST(ParseOptions, KeepsDefaultsThatTheDesignNames) {
  const Options options = parsed({"build"});
  EXPECT_EQ(options.output, "dist");
  EXPECT_EQ(options.places.workspace, ".kmpack");
  EXPECT_EQ(options.places.lock_file, "kmpack.lock");
  EXPECT_FALSE(options.lock_named);
  EXPECT_TRUE(options.formats.empty());
  EXPECT_TRUE(options.places.cache.empty());
  EXPECT_EQ(options.network, Network::allowed);
  EXPECT_EQ(options.compiler, MismatchedCompiler::refuse);
}

TEST(ParseOptions, GivesARepeatedOptionOneWordEachAndLeavesManifestsAlone) {
  const Options options = parsed({"build", "--flavor", "debian-12/amd64", "one.xml", "-f", "debian-12/rt-amd64@6.1", "two"});
  EXPECT_EQ(options.flavors, (std::vector<std::string>{"debian-12/amd64", "debian-12/rt-amd64@6.1"}));
  EXPECT_EQ(options.files, (std::vector<std::filesystem::path>{"one.xml", "two"}));
}

TEST(ParseOptions, SplitsFormatsAtCommasAndDropsRepetitions) {
  EXPECT_EQ(parsed({"build", "--format", "rpm,deb,rpm"}).formats, (std::vector<Format>{Format::rpm, Format::deb}));
}

TEST(ParseOptions, LeavesAManifestAfterDkmsOverridesAlone) {
  const Options options = parsed({"build", "--dkms-overrides", "driver"});
  EXPECT_EQ(options.dkms.overrides, "/etc/dkms");
  EXPECT_EQ(options.files, (std::vector<std::filesystem::path>{"driver"}));
  EXPECT_EQ(parsed({"plan", "--dkms-overrides=own"}).dkms.overrides, "own");
  EXPECT_TRUE(parsed({"plan"}).dkms.overrides.empty());
}

TEST(ParseOptions, ReadsADkmsConfAsTheNewestDkmsUnlessToldOtherwise) {
  EXPECT_EQ(parsed({"init"}).dkms.semantics, DkmsSemantics::v3_4);
  EXPECT_EQ(parsed({"init", "--dkms-semantics", "3.0"}).dkms.semantics, DkmsSemantics::v3_0);
  EXPECT_EQ(refusal({"generate", "--dkms-semantics", "2"}),
            "error: value '2' of --dkms-semantics is not 3.0 or 3.4 [usage-bad-value]\n"
            "  hint: 3.0 is dkms as in Debian 12, 3.4 the newest");
}

TEST(ParseOptions, TakesWordsAfterTwoDashesAsTheyAre) {
  EXPECT_EQ(parsed({"inspect", "--", "--json", "-x"}).files, (std::vector<std::filesystem::path>{"--json", "-x"}));
  EXPECT_EQ(parsed({"inspect", "--", "--json"}).rendering, Rendering::text);
}

TEST(ParseOptions, TakesADirectoryNamedLikeACommand) {
  const Options options = parsed({"build", "doctor"});
  EXPECT_EQ(options.command, CommandKind::build);
  EXPECT_EQ(options.files, (std::vector<std::filesystem::path>{"doctor"}));
}

TEST(ParseOptions, KnowsTheCommandsOfFlavors) {
  EXPECT_EQ(parsed({"flavors"}).command, CommandKind::flavors_list);
  EXPECT_EQ(parsed({"flavors", "debian-12/*"}).command, CommandKind::flavors_list);
  EXPECT_EQ(parsed({"flavors", "list", "debian-12/*"}).flavors, (std::vector<std::string>{"debian-12/*"}));
  EXPECT_EQ(parsed({"flavors", "fetch", "a/b", "--offline"}).command, CommandKind::flavors_fetch);
  const Options lock = parsed({"flavors", "lock", "a/b", "c/d", "--lock", "ci.lock"});
  EXPECT_EQ(lock.command, CommandKind::flavors_lock);
  EXPECT_EQ(lock.flavors, (std::vector<std::string>{"a/b", "c/d"}));
  EXPECT_EQ(lock.places.lock_file, "ci.lock");
  EXPECT_TRUE(lock.lock_named);
}

TEST(ParseOptions, ReadsWhatAKeyIsMadeFrom) {
  const Options options = parsed({"key", "new", "vendor", "-o", "keys", "--common-name", "Example Signing", "--days", "30"});
  EXPECT_EQ(options.command, CommandKind::key_new);
  EXPECT_EQ(options.new_key.name, "vendor");
  EXPECT_EQ(options.new_key.directory, "keys");
  EXPECT_EQ(options.new_key.common_name, "Example Signing");
  EXPECT_EQ(options.new_key.days, std::chrono::days{30});
  EXPECT_EQ(options.new_key.passphrase, Wish::no);
}

TEST(ParseOptions, ReadsWhatIsVerified) {
  const Options options = parsed({"verify", "--boot", "--enforce", "--certificate", "mok.pem", "--kernel", "debian-12/amd64@6.1",
                                  "--must-load", "acpi_call", "--boot-limit", "60", "dist"});
  EXPECT_EQ(options.verify.boot, Wish::yes);
  EXPECT_EQ(options.verify.enforce, Wish::yes);
  EXPECT_EQ(options.verify.unsigned_ok, Wish::no);
  EXPECT_EQ(options.verify.boot_limit, std::chrono::seconds{60});
  EXPECT_EQ(options.verify.kernels, (std::vector<std::string>{"debian-12/amd64@6.1"}));
  EXPECT_EQ(options.verify.must_load, (std::vector<std::string>{"acpi_call"}));
  EXPECT_EQ(options.certificate, "mok.pem");
}

TEST(ParseOptions, SuggestsTheCommandThatWasMeant) {
  EXPECT_EQ(refusal({"biuld"}), "error: unknown command 'biuld' [usage-unknown-command]\n  hint: did you mean 'build'?");
  EXPECT_EQ(refusal({"sign-all-of-it"}),
            "error: unknown command 'sign-all-of-it' [usage-unknown-command]\n  hint: 'kmpack --help' lists the commands");
  EXPECT_EQ(refusal({"key", "nwe"}), "error: unknown command 'nwe' [usage-unknown-command]\n  hint: did you mean 'new'?");
}

TEST(ParseOptions, SuggestsTheOptionThatWasMeant) {
  EXPECT_EQ(refusal({"build", "--flavr", "x"}),
            "error: unknown option '--flavr' of 'kmpack build' [usage-unknown-option]\n  hint: did you mean '--flavor'?");
  EXPECT_EQ(refusal({"plan", "--ofline"}),
            "error: unknown option '--ofline' of 'kmpack plan' [usage-unknown-option]\n  hint: did you mean '--offline'?");
  EXPECT_EQ(refusal({"flavors", "fetch", "--flavors-dri", "x", "a/b"}),
            "error: unknown option '--flavors-dri' of 'kmpack flavors fetch' [usage-unknown-option]\n  hint: did you mean "
            "'--flavors-dir'?");
  EXPECT_EQ(refusal({"--zzzzzzzzzz=1", "build"}),
            "error: unknown option '--zzzzzzzzzz' of 'kmpack build' [usage-unknown-option]\n  hint: 'kmpack build --help' lists "
            "the options");
}

TEST(ParseOptions, RefusesValuesItCannotMean) {
  EXPECT_EQ(refusal({"build", "--jobs", "many"}),
            "error: value 'many' of --jobs is not a whole number from 1 to 4096 [usage-bad-value]");
  EXPECT_EQ(refusal({"build", "-j0"}), "error: value '0' of --jobs is not a whole number from 1 to 4096 [usage-bad-value]");
  EXPECT_EQ(refusal({"build", "--format", "dbe"}),
            "error: value 'dbe' of --format is not rpm or deb [usage-bad-value]\n  hint: did you mean 'deb'?");
  EXPECT_EQ(refusal({"build", "--color", "alway"}),
            "error: value 'alway' of --color is not auto, always or never [usage-bad-value]\n  hint: did you mean 'always'?");
  EXPECT_EQ(refusal({"key", "new", "a/b"}),
            "error: 'a/b' is not a name for key files [usage-bad-value]\n  hint: give the directory with --output");
}

TEST(ParseOptions, SaysWhatIsMissing) {
  EXPECT_EQ(refusal({}), "error: a command is needed [usage-missing-argument]\n  hint: 'kmpack --help' lists the commands");
  EXPECT_EQ(refusal({"key"}),
            "error: 'kmpack key' needs a command [usage-missing-argument]\n  hint: 'kmpack key new' makes a key");
  EXPECT_EQ(
      refusal({"inspect"}),
      "error: 'kmpack inspect' needs at least one FILE [usage-missing-argument]\n  hint: 'kmpack inspect --help' shows examples");
  EXPECT_EQ(refusal({"flavors", "fetch"}),
            "error: 'kmpack flavors fetch' needs at least one PATTERN [usage-missing-argument]\n"
            "  hint: 'kmpack flavors fetch --help' shows examples");
  EXPECT_EQ(refusal({"build", "--output"}), "error: option --output needs a value [usage-missing-argument]");
}

TEST(ParseOptions, TakesHeadersFromPackagesInPlaceOfPatterns) {
  const Options options = parsed({"flavors", "fetch", "--package", "a.rpm", "--package", "b.rpm"});
  EXPECT_EQ(options.command, CommandKind::flavors_fetch);
  EXPECT_EQ(options.packages, (std::vector<std::filesystem::path>{"a.rpm", "b.rpm"}));
  EXPECT_TRUE(options.flavors.empty());
  // Only where packages are fetched.
  EXPECT_EQ(refusal({"flavors", "lock", "--package", "a.rpm", "x/y"}).substr(0, 66),
            "error: unknown option '--package' of 'kmpack flavors lock' [usage-");
}

TEST(ParseOptions, RefusesArgumentsThatNobodyTakes) {
  EXPECT_EQ(refusal({"doctor", "me"}),
            "error: unexpected argument 'me' [usage-unexpected-argument]\n  hint: 'kmpack doctor --help' shows what it takes");
  EXPECT_EQ(refusal({"init", "a", "b"}),
            "error: unexpected argument 'b' [usage-unexpected-argument]\n  hint: 'kmpack init --help' shows what it takes");
}

TEST(ParseOptions, RefusesOptionsThatExcludeOrNeedEachOther) {
  EXPECT_EQ(refusal({"build", "-q", "-v"}), "error: --verbose and --quiet exclude each other [usage-conflict]");
  EXPECT_EQ(refusal({"build", "--key", "k"}), "error: --key needs --certificate [usage-conflict]");
  EXPECT_EQ(refusal({"build", "--certificate", "c"}), "error: --certificate needs --key [usage-conflict]");
  EXPECT_EQ(refusal({"verify", "--enforce", "dist"}), "error: --enforce needs --boot [usage-conflict]");
  EXPECT_EQ(refusal({"verify", "--enforce", "--boot", "dist"}), "error: --enforce needs --certificate [usage-conflict]");
  EXPECT_EQ(refusal({"build", "--output", "a", "--output", "b"}),
            "error: option --output is given more than once [usage-conflict]");
}

TEST(ParseOptions, AnswersVersionAndHelpWithoutWork) {
  EXPECT_TRUE(answered({"--version"}).starts_with("kmpack "));
  EXPECT_EQ(answered({"help", "build"}), answered({"build", "--help"}));
  EXPECT_EQ(answered({"help"}), answered({"--help"}));
  EXPECT_EQ(answered({"-h", "key"}), answered({"key", "new", "-h"}));
  EXPECT_EQ(answered({"inspect", "--help"}), answered({"--help", "inspect"}));
}

TEST(AsksForJson, LooksOnlyAtOptions) {
  const std::vector<std::string> yes{"biuld", "--json"};
  const std::vector<std::string> no{"inspect", "--", "--json"};
  EXPECT_TRUE(asks_for_json(yes));
  EXPECT_FALSE(asks_for_json(no));
}

}  // namespace
}  // namespace kmpack
