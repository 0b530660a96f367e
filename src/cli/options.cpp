#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "cli/reference.hpp"
#include "cli/words.hpp"

namespace kmpack {
namespace {

class Parser {
 public:
  Parser() {
    app_.set_help_flag("");
    app_.require_subcommand(0, 1);
    app_.allow_extras();
    add_global_options();
    add_build();
    add_plan();
    add_generate();
    add_lint();
    add_flavors();
    add_inspect_and_verify();
    add_repo();
    add_key();
    add_compat();
    add_cache();
    add("doctor");
    add_init();
  }

  CLI::App& app() { return app_; }
  Words& words() { return words_; }
  [[nodiscard]] const std::map<std::string, CLI::App*, std::less<>>& commands() const { return commands_; }

 private:
  CLI::App* add(const std::string& path) {
    const auto space = path.rfind(' ');
    CLI::App* parent = space == std::string::npos ? &app_ : commands_.at(path.substr(0, space));
    CLI::App* command = parent->add_subcommand(space == std::string::npos ? path : path.substr(space + 1));
    command->set_help_flag("");
    command->fallthrough();
    command->allow_extras();
    commands_[path] = command;
    return command;
  }

  static void value(CLI::App* command, const std::string& names, std::string& into, const std::string& type,
                    const std::string& text) {
    command->add_option(names, into, text)->type_name(type);
  }
  static void values(CLI::App* command, const std::string& names, std::vector<std::string>& into, const std::string& type,
                     const std::string& text, bool commas = false) {
    auto* option = command->add_option(names, into, text)->type_name(type)->allow_extra_args(false);
    if (commas) option->delimiter(',');
  }
  void optional_positional(CLI::App* command) { command->add_option("words", words_.positional)->expected(0, -1); }

  void add_global_options() {
    app_.add_flag("--json", words_.json, "answer with one JSON record on standard output");
    value(&app_, "-j,--jobs", words_.jobs, "N", "run N jobs at once (default: one for each processor)");
    value(&app_, "--cache-dir", words_.cache, "DIR", "header store, archive metadata and results (default: ~/.cache/kmpack)");
    app_.add_flag("--offline", words_.offline, "use no network");
    value(&app_, "--color", words_.colour, "WHEN", "auto, always or never (default: auto; NO_COLOR is heeded)");
    app_.add_flag("-v,--verbose", words_.verbose, "say more on standard error");
    app_.add_flag("-q,--quiet", words_.quiet, "say nothing but errors on standard error");
    app_.add_flag("-h,--help", words_.help, "show examples and options of kmpack or of a command");
    app_.add_flag("--version", words_.version, "show the version");
  }

  void add_kernel_sources(CLI::App* command) {
    values(command, "--headers", words_.headers, "DIR",
           "a kernel's header tree to build against, before all others; may be repeated");
    values(command, "--flavors-dir", words_.flavors_dirs, "DIR", "search for flavor catalogues here first; may be repeated");
    value(command, "--lock", words_.lock, "FILE", "the lock file (default: kmpack.lock, when it exists)");
  }

  void add_dkms(CLI::App* command) {
    value(command, "--dkms-semantics", words_.dkms_semantics, "VERSION",
          "read a dkms.conf as dkms 3.0 or 3.4 does (default: 3.4)");
    value(command, "--dkms-overrides", words_.dkms_overrides, "DIR",
          "heed a machine's own settings for a dkms.conf, those in /etc/dkms; --dkms-overrides=DIR: those in DIR");
  }

  void add_cache_readonly(CLI::App* command) {
    values(command, "--cache-readonly", words_.caches_readonly, "DIR",
           "take results from this cache of another's, too, and never write to it; may be repeated");
  }

  void add_plan_options(CLI::App* command) {
    values(command, "-f,--flavor", words_.flavors, "PATTERN",
           "kernels to build for, in place of the manifest's; may be repeated");
    values(command, "--format", words_.formats, "LIST", "rpm, deb or rpm,deb (default: what each kernel's distribution uses)",
           true);
    add_kernel_sources(command);
    add_dkms(command);
    value(command, "--workspace", words_.workspace, "DIR", "where stages leave their records (default: .kmpack)");
    value(command, "-o,--output", words_.output, "DIR", "where packages, logs and report.json go (default: dist)");
    value(command, "--key", words_.key, "FILE", "sign with this private key (PEM)");
    value(command, "--certificate", words_.certificate, "FILE", "the certificate of the key (PEM or DER)");
    value(command, "--gpg-key", words_.gpg_key, "ID", "sign rpms with this key of gpg");
    value(command, "--passphrase-fd", words_.passphrase_fd, "N", "read the key's passphrase from this file descriptor, one line");
    command->add_flag("--allow-compiler-mismatch", words_.allow_mismatch,
                      "build even when the kernel was built by another compiler");
    value(command, "--build-limit", words_.build_limit, "SECONDS", "end the build of a kernel's modules after this time");
    command->add_flag("--no-probe-cache", words_.no_probe_cache,
                      "ask the compiler each time what options it knows, as plain kbuild does");
    command->add_flag("--reuse-compatible", words_.reuse_compatible,
                      "where an existing build of another kernel would load, take it and build nothing");
    add_cache_readonly(command);
  }

  void add_compat() {
    CLI::App* command = add("compat");
    values(command, "--kernel", words_.kernels, "PATTERN", "kernels to load in; may be repeated");
    values(command, "--symvers", words_.symvers, "FILE", "a kernel of which only its Module.symvers is there; may be repeated");
    values(command, "--stablelist", words_.stablelists, "FILE",
           "say what share of the symbols this list of a distribution leaves out; may be repeated");
    value(command, "--certificate", words_.certificate, "FILE", "the key that the kernels trust (PEM or DER)");
    value(command, "--workspace", words_.workspace, "DIR", "whose modules are meant when no FILE is given (default: .kmpack)");
    add_kernel_sources(command);
    optional_positional(command);
  }
  void add_cache() {
    CLI::App* cache = add("cache");
    cache->require_subcommand(0, 1);
    add_cache_readonly(add("cache stats"));
    value(add("cache trim"), "--limit", words_.cache_limit, "SIZE", "keep at most this much, as 500M or 20G (default: 5G)");
    add_cache_readonly(add("cache verify"));
  }

  void add_build() {
    CLI::App* command = add("build");
    add_plan_options(command);
    optional_positional(command);
  }
  void add_plan() {
    CLI::App* command = add("plan");
    add_plan_options(command);
    value(command, "--since", words_.since, "LOCK", "list kernels that are new, rebuilt or gone since this lock was written");
    optional_positional(command);
  }
  void add_init() {
    CLI::App* command = add("init");
    values(command, "-f,--flavor", words_.flavors, "PATTERN",
           "kernels that a dkms.conf is asked about and the kmpack.xml is for; may be repeated");
    add_kernel_sources(command);
    add_dkms(command);
    optional_positional(command);
  }
  void add_generate() {
    CLI::App* command = add("generate");
    value(command, "--spec", words_.spec, "FORM", "static: every package written out; macro: a call of %kernel_module_package");
    command->add_flag("--debian", words_.debian,
                      "a Debian source tree with a complete debian/, for the kernels of Debian's family");
    command->add_flag("--source", words_.source, "make source packages, too: .src.rpm; .dsc with its tarballs");
    values(command, "-f,--flavor", words_.flavors, "PATTERN",
           "kernels to write packages for, in place of the manifest's; may be repeated");
    add_kernel_sources(command);
    add_dkms(command);
    value(command, "--workspace", words_.workspace, "DIR", "where stages leave their records (default: .kmpack)");
    value(command, "-o,--output", words_.output, "DIR", "where specs, trees and sources go (default: dist)");
    value(command, "--key", words_.key, "FILE", "sign the modules that are built on the way with this private key (PEM)");
    value(command, "--certificate", words_.certificate, "FILE",
          "the certificate of the key (PEM or DER); SUSE's packages install it");
    value(command, "--passphrase-fd", words_.passphrase_fd, "N", "read the key's passphrase from this file descriptor, one line");
    command->add_flag("--allow-compiler-mismatch", words_.allow_mismatch,
                      "build even when the kernel was built by another compiler");
    value(command, "--build-limit", words_.build_limit, "SECONDS", "end the build of a kernel's modules after this time");
    optional_positional(command);
  }
  void add_lint() {
    CLI::App* command = add("lint");
    values(command, "-f,--flavor", words_.flavors, "PATTERN",
           "kernels that a dkms.conf is asked about; their headers must be on this disk; may be repeated");
    command->add_flag("--strict", words_.strict, "let warnings count as errors");
    add_kernel_sources(command);
    add_dkms(command);
    optional_positional(command);
  }
  void add_flavors() {
    CLI::App* flavors = add("flavors");
    flavors->require_subcommand(0, 1);
    add_kernel_sources(flavors);
    optional_positional(flavors);
    for (const char* path : {"flavors list", "flavors fetch", "flavors lock"}) optional_positional(add(path));
    values(commands_.at("flavors fetch"), "--package", words_.packages, "FILE",
           "take headers from this rpm or deb, not an archive; may be repeated");
  }
  void add_inspect_and_verify() {
    optional_positional(add("inspect"));
    CLI::App* verify = add("verify");
    value(verify, "--certificate", words_.certificate, "FILE", "module signatures must verify against this certificate");
    verify->add_flag("--unsigned-ok", words_.unsigned_ok, "accept modules that are not signed");
    verify->add_flag("--boot", words_.boot, "load the modules in their kernel, under QEMU");
    verify->add_flag("--enforce", words_.enforce, "with --boot: enforce signatures; unsigned and altered copies must be refused");
    values(verify, "--kernel", words_.kernels, "PATTERN", "only packages for these kernels; may be repeated");
    values(verify, "--must-load", words_.must_load, "MODULE",
           "with --boot: a missing device is a failure for this module; may be repeated");
    value(verify, "--boot-limit", words_.boot_limit, "SECONDS", "time limit of one boot (default: 180)");
    value(verify, "--log-dir", words_.log_directory, "DIR", "where logs go (default: .kmpack/verify)");
    add_kernel_sources(verify);
    optional_positional(verify);
  }
  void add_repo() {
    CLI::App* repo = add("repo");
    value(repo, "--gpg-key", words_.gpg_key, "ID", "sign packages and metadata with this key of gpg");
    repo->add_flag("--unsigned-ok", words_.unsigned_ok, "make a repository without signatures");
    value(repo, "--url", words_.url, "URL",
          "where clients will find it, for their .repo and .sources files (default: as APT has it, or a file: address)");
    value(repo, "--name", words_.repo_name, "NAME", "name of the repository (default: as APT has it, or the directory's)");
    value(repo, "--suite", words_.suite, "NAME",
          "suite for debs (default: that of DISTRIBUTION/ARCHITECTURE/ above them, or stable)");
    value(repo, "--component", words_.component, "NAME", "component for debs (default: main)");
    value(repo, "--valid-until", words_.valid_until, "DAYS",
          "APT takes the lists for stale after this; 0: never (default: as before)");
    optional_positional(repo);
  }
  void add_key() {
    CLI::App* key = add("key");
    key->require_subcommand(0, 1);
    CLI::App* create = add("key new");
    value(create, "-o,--output", words_.key_output, "DIR", "where the files go (default: here)");
    value(create, "--common-name", words_.common_name, "TEXT", "name in the certificate, shown by modinfo as signer");
    value(create, "--organization", words_.organization, "TEXT", "organization in the certificate");
    value(create, "--days", words_.days, "N", "how long the certificate is valid (default: 3650)");
    create->add_flag("--passphrase", words_.passphrase, "ask for a passphrase on the terminal and encrypt the key with it");
    value(create, "--passphrase-fd", words_.passphrase_fd, "N", "read the passphrase from this file descriptor, one line");
    optional_positional(create);
  }

  CLI::App app_;
  Words words_;
  std::map<std::string, CLI::App*, std::less<>> commands_;
};

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

[[noreturn]] void refuse_command(const std::string& word, const CLI::App& parent, const std::string& path) {
  std::vector<std::string> names;
  for (const CLI::App* command : parent.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  auto hint = did_you_mean(word, names);
  if (!hint) hint = path.empty() ? "'kmpack --help' lists the commands" : "commands of '" + path + "': " + joined(names, ", ");
  refuse("usage-unknown-command", "unknown command '" + word + "'", hint);
}

/// Words nobody took: options that do not exist, a command that does not exist, or too many arguments.
void judge_extras(Parser& parser, const std::string& path) {
  const auto extras = parser.app().remaining(true);
  const CLI::App* command = path.empty() ? nullptr : parser.commands().at(path);
  for (const std::string& word : extras) {
    if (word.size() < 2 || word.front() != '-') continue;
    const std::string name = word.substr(0, word.find('='));
    auto names = option_names(parser.app());
    for (const CLI::App* at = command; at != nullptr; at = at->get_parent()) {
      const auto more = option_names(*at);
      names.insert(names.end(), more.begin(), more.end());
    }
    auto hint = did_you_mean(name, names);
    if (!hint) hint = "'kmpack" + (path.empty() ? "" : " " + path) + " --help' lists the options";
    refuse("usage-unknown-option", "unknown option '" + name + "'" + (path.empty() ? "" : " of 'kmpack " + path + "'"), hint);
  }
  if (extras.empty()) return;
  if (path.empty()) refuse_command(extras.front(), parser.app(), path);
  if (path == "key" || path == "cache") refuse_command(extras.front(), *command, path);
  refuse("usage-unexpected-argument", "unexpected argument '" + extras.front() + "'",
         "'kmpack " + path + " --help' shows what it takes");
}

std::string chosen_path(CLI::App& app) {
  std::string path;
  for (CLI::App* at = &app;;) {
    const auto chosen = at->get_subcommands();
    if (chosen.empty()) return path;
    at = chosen.front();
    path += (path.empty() ? "" : " ") + at->get_name();
  }
}

/// A command line cut at its first `--`: what follows are arguments, whatever they look like.
struct Line {
  std::vector<std::string> options;
  std::vector<std::string> arguments;
};

Line cut_line(std::span<const std::string> words) {
  const auto end = std::ranges::find(words, "--");
  Line line{{words.begin(), end}, {}};
  // Its directory may be left out, so it must not take the next word for one.
  std::ranges::replace(line.options, std::string("--dkms-overrides"), std::string("--dkms-overrides=/etc/dkms"));
  if (end != words.end()) line.arguments.assign(end + 1, words.end());
  if (!line.options.empty() && line.options.front() == "help") {
    line.options.erase(line.options.begin());
    line.options.emplace_back("--help");
  }
  return line;
}

/// The parser's own complaints: a value that is missing, one too many, a flag with a value.
[[noreturn]] void refuse_syntax(const CLI::ParseError& error) {
  const std::string text = error.what();
  const auto name = text.substr(0, text.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    if (text.ends_with("missing")) refuse("usage-missing-argument", "option " + name + " needs a value");
    refuse("usage-conflict", "option " + name + " is given more than once");
  }
  refuse("usage-bad-value", "the command line is not understood: " + text);
}

}  // namespace

std::variant<Options, Answer> parse_options(std::span<const std::string> given) {
  Parser parser;
  Words& words = parser.words();
  Line line = cut_line(given);
  std::ranges::reverse(line.options);
  try {
    parser.app().parse(std::move(line.options));
  } catch (const CLI::ParseError& error) {
    refuse_syntax(error);
  }
  const std::string path = chosen_path(parser.app());
  judge_extras(parser, path);
  if (words.version) return Answer{"kmpack " + std::string{version()} + "\n"};
  if (words.help) return Answer{help_text(command_reference(), path == "flavors list" ? "flavors" : path)};
  words.positional.insert(words.positional.end(), line.arguments.begin(), line.arguments.end());
  return understand(words, path);
}

bool asks_for_json(std::span<const std::string> words) noexcept {
  const auto end = std::ranges::find(words, "--");
  return std::find(words.begin(), end, "--json") != end;
}

Reference command_reference() {
  Parser parser;
  const auto options_of = [](const CLI::App& command) {
    std::vector<OptionHelp> all;
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_lnames().empty() && option->get_snames().empty()) continue;
      std::string names;
      for (const auto& name : option->get_snames()) names += "-" + name + ", ";
      for (const auto& name : option->get_lnames()) names += "--" + name;
      all.push_back({names, option->get_expected_max() == 0 ? "" : option->get_type_name(), option->get_description()});
    }
    return all;
  };
  Reference reference;
  reference.global = options_of(parser.app());
  for (const CommandText& text : command_texts()) {
    if (text.path.empty()) continue;
    CommandReference command{&text, options_of(*parser.commands().at(std::string{text.path}))};
    // The sub-commands of `flavors` take its options.
    if (text.path.starts_with("flavors "))
      std::ranges::move(options_of(*parser.commands().at("flavors")), std::back_inserter(command.options));
    reference.commands.push_back(std::move(command));
  }
  return reference;
}

}  // namespace kmpack
