#include "cli/words.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "base/text.hpp"

namespace kmpack {
namespace {

int number(const std::string& text, const char* option, int least, int most) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end || value < least || value > most) {
    refuse("usage-bad-value", "value '" + text + "' of " + option + " is not a whole number from " + std::to_string(least) +
                                  " to " + std::to_string(most));
  }
  return value;
}

Colour colour_of(const std::string& text) {
  if (text.empty() || text == "auto") return Colour::automatic;
  if (text == "always") return Colour::always;
  if (text == "never") return Colour::never;
  refuse("usage-bad-value", "value '" + text + "' of --color is not auto, always or never",
         did_you_mean(text, {"auto", "always", "never"}));
}

std::vector<Format> formats_of(const std::vector<std::string>& texts) {
  std::vector<Format> formats;
  for (const auto& text : texts) {
    if (text != "rpm" && text != "deb") {
      refuse("usage-bad-value", "value '" + text + "' of --format is not rpm or deb", did_you_mean(text, {"rpm", "deb"}));
    }
    const Format format = text == "rpm" ? Format::rpm : Format::deb;
    if (std::ranges::find(formats, format) == formats.end()) formats.push_back(format);
  }
  return formats;
}

DkmsReading dkms_reading_of(const Words& words) {
  DkmsReading reading;
  reading.overrides = words.dkms_overrides;
  if (words.dkms_semantics.empty() || words.dkms_semantics == "3.4") return reading;
  if (words.dkms_semantics != "3.0") {
    refuse("usage-bad-value", "value '" + words.dkms_semantics + "' of --dkms-semantics is not 3.0 or 3.4",
           "3.0 is dkms as in Debian 12, 3.4 the newest");
  }
  reading.semantics = DkmsSemantics::v3_0;
  return reading;
}

void take_places(const Words& words, Places& places) {
  places.cache = words.cache;
  if (!words.workspace.empty()) places.workspace = words.workspace;
  if (!words.lock.empty()) places.lock_file = words.lock;
  places.caches_readonly.assign(words.caches_readonly.begin(), words.caches_readonly.end());
  places.headers.assign(words.headers.begin(), words.headers.end());
  places.flavors_dirs.assign(words.flavors_dirs.begin(), words.flavors_dirs.end());
}

void take_values(const Words& words, Options& options) {
  options.rendering = words.json ? Rendering::json : Rendering::text;
  options.colour = colour_of(words.colour);
  if (words.verbose && words.quiet) refuse("usage-conflict", "--verbose and --quiet exclude each other");
  if (words.verbose) options.verbosity = Verbosity::verbose;
  if (words.quiet) options.verbosity = Verbosity::quiet;
  if (!words.jobs.empty()) options.jobs = static_cast<unsigned>(number(words.jobs, "--jobs", 1, 4096));
  if (words.offline) options.network = Network::offline;
  options.packages.assign(words.packages.begin(), words.packages.end());
  options.formats = formats_of(words.formats);
  options.dkms = dkms_reading_of(words);
  if (!words.output.empty()) options.output = words.output;
  if (!words.key.empty()) options.key = words.key;
  if (!words.certificate.empty()) options.certificate = words.certificate;
  if (!words.passphrase_fd.empty()) options.passphrase_fd = number(words.passphrase_fd, "--passphrase-fd", 0, 1 << 20);
  if (words.allow_mismatch) options.compiler = MismatchedCompiler::allow;
  if (!words.build_limit.empty()) {
    options.build_limit = std::chrono::seconds{number(words.build_limit, "--build-limit", 1, 7 * 86400)};
  }
  if (words.no_probe_cache) options.probes = ProbeAnswers::asked;
  if (words.reuse_compatible) options.reuse_compatible = ReuseCompatible::yes;
  take_places(words, options.places);
  options.lock_named = !words.lock.empty();
  options.since = words.since;
  if (words.strict) options.strict = Wish::yes;
}

void take_verify(const Words& words, VerifyOptions& verify) {
  const auto wish = [](bool yes) { return yes ? Wish::yes : Wish::no; };
  verify.boot = wish(words.boot);
  verify.enforce = wish(words.enforce);
  verify.unsigned_ok = wish(words.unsigned_ok);
  verify.kernels = words.kernels;
  verify.must_load = words.must_load;
  verify.log_directory = words.log_directory.empty() ? ".kmpack/verify" : words.log_directory;
  if (!words.boot_limit.empty()) verify.boot_limit = std::chrono::seconds{number(words.boot_limit, "--boot-limit", 1, 86400)};
  if (words.enforce && !words.boot) refuse("usage-conflict", "--enforce needs --boot");
  if (words.enforce && words.certificate.empty()) refuse("usage-conflict", "--enforce needs --certificate");
  if (!words.must_load.empty() && !words.boot) refuse("usage-conflict", "--must-load needs --boot");
}

void take_key(const Words& words, KeyOptions& key) {
  if (!words.positional.empty()) key.name = words.positional.front();
  if (!words.key_output.empty()) key.directory = words.key_output;
  if (key.name.empty() || key.name.find('/') != std::string::npos) {
    refuse("usage-bad-value", "'" + key.name + "' is not a name for key files", "give the directory with --output");
  }
  key.common_name = words.common_name;
  key.organization = words.organization;
  if (!words.days.empty()) key.days = std::chrono::days{number(words.days, "--days", 1, 36500)};
  if (words.passphrase && !words.passphrase_fd.empty()) {
    refuse("usage-conflict", "--passphrase and --passphrase-fd exclude each other");
  }
  if (words.passphrase) key.passphrase = Wish::yes;
}

void take_generate(const Words& words, Options& options) {
  if (words.spec.empty() && !words.debian) {
    refuse(
        "usage-missing-argument", "'kmpack generate' needs --spec or --debian",
        "--spec static writes every package out, --spec macro calls %kernel_module_package; --debian is for Debian and Ubuntu");
  }
  if (!words.spec.empty() && words.spec != "static" && words.spec != "macro") {
    refuse("usage-bad-value", "--spec is 'static' or 'macro', not '" + words.spec + "'",
           did_you_mean(words.spec, {"static", "macro"}));
  }
  if (!words.spec.empty()) options.spec = words.spec == "macro" ? SpecForm::macro : SpecForm::written_out;
  options.debian = words.debian ? DebianDirectory::yes : DebianDirectory::no;
  options.source_packages = words.source ? SourcePackages::made : SourcePackages::none;
}

/// A repository that nobody can check is made for those only who say that they want one.
void take_repo(const Words& words, Options& options) {
  options.repo = {.directory = words.positional.front(), .url = words.url, .name = words.repo_name, .suite = words.suite};
  if (!words.component.empty()) options.repo.component = words.component;
  if (!words.valid_until.empty())
    options.repo.valid_days = static_cast<unsigned>(number(words.valid_until, "--valid-until", 0, 36500));
  options.files.erase(options.files.begin());
  if (words.gpg_key.empty() && !words.unsigned_ok) {
    refuse("usage-missing-argument", "'kmpack repo' needs --gpg-key",
           "--unsigned-ok makes a repository that clients cannot check");
  }
  if (!words.gpg_key.empty() && words.unsigned_ok) refuse("usage-conflict", "--gpg-key and --unsigned-ok exclude each other");
  // They become lines of a .repo or .sources file.
  for (const std::string& text : {words.url, words.repo_name}) {
    if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
      refuse("usage-bad-value", "--url and --name take no blanks and no control characters");
  }
}

/// `500M`, `20G`, or bytes.
std::uint64_t size_of(const std::string& text, const char* option) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  const std::string_view unit(stop, end);
  constexpr std::string_view kUnits = "KMGT";
  const bool plain = unit.empty();
  const std::size_t power = plain ? 0 : kUnits.find(unit.front()) + 1;
  const bool known = plain || (unit.size() == 1 && power != 0);
  if (failure != std::errc{} || !known || value > (std::uint64_t{1} << 60) >> (10 * power)) {
    refuse("usage-bad-value", "value '" + text + "' of " + option + " is not a size",
           "a number of bytes, or with K, M, G or T behind it");
  }
  return value << (10 * power);
}

void take_compat(const Words& words, CompatOptions& compat) {
  compat.kernels = words.kernels;
  compat.symvers.assign(words.symvers.begin(), words.symvers.end());
  compat.stablelists.assign(words.stablelists.begin(), words.stablelists.end());
}

/// How many arguments a command takes.
struct Shape {
  CommandKind kind;
  std::size_t least;
  std::size_t most;
  const char* what;
};
constexpr auto kAny = static_cast<std::size_t>(-1);

const std::map<std::string, Shape, std::less<>>& shapes() {
  static const std::map<std::string, Shape, std::less<>> all = {
      {"build", {CommandKind::build, 0, kAny, "MANIFEST"}},
      {"plan", {CommandKind::plan, 0, kAny, "MANIFEST"}},
      {"generate", {CommandKind::generate, 0, kAny, "MANIFEST"}},
      {"lint", {CommandKind::lint, 0, kAny, "MANIFEST"}},
      {"flavors", {CommandKind::flavors_list, 0, kAny, "PATTERN"}},
      {"flavors list", {CommandKind::flavors_list, 0, kAny, "PATTERN"}},
      {"flavors fetch", {CommandKind::flavors_fetch, 1, kAny, "PATTERN"}},
      {"flavors lock", {CommandKind::flavors_lock, 1, kAny, "PATTERN"}},
      {"inspect", {CommandKind::inspect, 1, kAny, "FILE"}},
      {"verify", {CommandKind::verify, 1, kAny, "FILE"}},
      {"repo", {CommandKind::repo, 1, kAny, "DIR"}},
      {"key new", {CommandKind::key_new, 0, 1, "NAME"}},
      {"doctor", {CommandKind::doctor, 0, 0, ""}},
      {"init", {CommandKind::init, 0, 1, "DIR"}},
      {"compat", {CommandKind::compat, 0, kAny, "FILE"}},
      {"cache stats", {CommandKind::cache_stats, 0, 0, ""}},
      {"cache trim", {CommandKind::cache_trim, 0, 0, ""}},
      {"cache verify", {CommandKind::cache_verify, 0, 0, ""}},
  };
  return all;
}

void take_positional(const Words& words, const std::string& path, Options& options) {
  const auto shape = shapes().find(path);
  if (shape == shapes().end())
    refuse("usage-missing-argument", "'kmpack " + path + "' needs a command",
           path == "cache" ? "'kmpack cache stats' shows what is kept" : "'kmpack key new' makes a key");
  options.command = shape->second.kind;
  const auto count = words.positional.size();
  // Packages say themselves which kernels are meant.
  if (count < shape->second.least && words.packages.empty()) {
    refuse("usage-missing-argument", "'kmpack " + path + "' needs at least one " + shape->second.what,
           "'kmpack " + path + " --help' shows examples");
  }
  if (count > shape->second.most) {
    refuse("usage-unexpected-argument", "unexpected argument '" + words.positional[shape->second.most] + "'",
           "'kmpack " + path + " --help' shows what it takes");
  }
  options.files.assign(words.positional.begin(), words.positional.end());
  options.flavors = path.starts_with("flavors") ? words.positional : words.flavors;
}

}  // namespace

void refuse(std::string_view code, std::string message, std::optional<std::string> hint) {
  throw Error{Diagnostic{.code = code, .message = std::move(message), .where = {}, .notes = {}, .hint = std::move(hint)}};
}

std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  if (!near) return std::nullopt;
  return "did you mean '" + *near + "'?";
}

Options understand(const Words& words, const std::string& path) {
  if (path.empty()) refuse("usage-missing-argument", "a command is needed", "'kmpack --help' lists the commands");
  Options options;
  take_positional(words, path, options);
  take_values(words, options);
  if (options.command == CommandKind::verify) take_verify(words, options.verify);
  if (options.command == CommandKind::generate) take_generate(words, options);
  if (options.command == CommandKind::compat) take_compat(words, options.compat);
  if (!words.cache_limit.empty()) options.cache_limit = size_of(words.cache_limit, "--limit");
  options.gpg_key = words.gpg_key;
  if (options.command == CommandKind::repo) take_repo(words, options);
  if (options.command == CommandKind::key_new) take_key(words, options.new_key);
  if (options.key.has_value() != options.certificate.has_value() && options.command != CommandKind::verify &&
      options.command != CommandKind::compat) {
    refuse("usage-conflict", options.key ? "--key needs --certificate" : "--certificate needs --key");
  }
  return options;
}

std::optional<std::uint64_t> standing_cache_limit() {
  const char* const limit = std::getenv("KMPACK_CACHE_LIMIT");
  if (limit == nullptr || *limit == '\0') return std::nullopt;
  return size_of(limit, "KMPACK_CACHE_LIMIT");
}

}  // namespace kmpack
