#include "probe/question.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace kmpack {
namespace {

using Word = std::string_view;

constexpr auto kAboutItself = std::to_array<Word>({"--version", "-dumpfullversion", "-dumpmachine", "-dumpversion"});

constexpr auto kPlain = std::to_array<Word>({"--param",
                                             "-EB",
                                             "-EL",
                                             "-O",
                                             "-O0",
                                             "-O1",
                                             "-O2",
                                             "-O3",
                                             "-Ofast",
                                             "-Og",
                                             "-Os",
                                             "-Oz",
                                             "-Qunused-arguments",
                                             "-W",
                                             "-ansi",
                                             "-g0",
                                             "-nostdinc",
                                             "-nostdlib",
                                             "-p",
                                             "-pedantic",
                                             "-pg",
                                             "-pipe",
                                             "-undef",
                                             "-w"});

/// Each writes beside the output, reads a file that it names, or puts into the output what differs from run to run.
constexpr auto kMeddling = std::to_array<Word>({"-fauto-profile", "-fbasic-block-sections",
                                                "-fcallgraph",    "-fcompare-debug",
                                                "-fcrash",        "-fdiagnostics-format",
                                                "-fdump",         "-femit",
                                                "-flto",          "-fmodule",
                                                "-fopt-info",     "-fpass-plugin",
                                                "-fpch",          "-fplugin",
                                                "-fprebuilt",     "-fprofile",
                                                "-frecord",       "-fsave",
                                                "-fstack-usage",  "-ftest-coverage",
                                                "-fthinlto",      "-ftime",
                                                "-fverbose",      "-mllvm",
                                                "-mmcu"});

constexpr auto kPrefixMaps = std::to_array<Word>({"-fdebug-prefix-map=", "-ffile-prefix-map=", "-fmacro-prefix-map="});

/// With one of these a compiler looks for programs and headers elsewhere, or writes more than it was told.
constexpr auto kMisleading =
    std::to_array<Word>({"COMPILER_PATH", "CPATH", "CPLUS_INCLUDE_PATH", "C_INCLUDE_PATH", "DEPENDENCIES_OUTPUT",
                         "GCC_COMPARE_DEBUG", "GCC_EXEC_PREFIX", "GCC_EXTRA_DIAGNOSTIC_OUTPUT", "GCC_ROOT", "LIBRARY_PATH",
                         "OBJC_INCLUDE_PATH", "SUNPRO_DEPENDENCIES", "TEMP", "TMP", "TMPDIR"});
constexpr auto kMisleadingKinds = std::to_array<Word>({"CCACHE_", "CCC_", "CLANG_", "COLLECT_", "LD_", "LLVM_", "MALLOC_"});
constexpr auto kHeeded = std::to_array<Word>({"GCC_COLORS", "GCC_URLS", "GLIBC_TUNABLES", "LANG", "LANGUAGE", "NLSPATH",
                                              "OUTPUT_CHARSET", "PATH", "POSIXLY_CORRECT", "SOURCE_DATE_EPOCH"});

template <std::size_t N>
bool is_one_of(Word word, const std::array<Word, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

template <std::size_t N>
bool starts_with_any(Word word, const std::array<Word, N>& starts) {
  return std::ranges::any_of(starts, [&](Word start) { return word.starts_with(start); });
}

bool is_number(Word text) {
  return !text.empty() && text.size() <= 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Word file_name(Word path) { return path.substr(path.rfind('/') + 1); }

constexpr auto kForCoverage = std::to_array<Word>({"-fprofile-arcs", "-fprofile-update=prefer-atomic", "-ftest-coverage"});
constexpr Word kTextForCoverage = "long long x; void f(void){x++;}\n";

/// try-run's: DIRECTORY/.tmp_<process>/NAME
bool is_place_of_try_run(Word path, bool coverage) {
  const Word name = file_name(path);
  if ((name != "tmp" && (name != "tmp.base" || !coverage)) || path.find('/') == Word::npos) return false;
  const Word directory = file_name(path.substr(0, path.rfind('/')));
  return directory.starts_with(".tmp_") && is_number(directory.substr(5));
}

bool is_prefix_map(Word word) {
  for (const Word start : kPrefixMaps) {
    if (word.starts_with(start)) return word.find('=', start.size()) != Word::npos;
  }
  return false;
}

/// Options for the assembler that are about its code only.
bool is_plain_for_assembler(Word word) {
  Word rest = word.substr(std::strlen("-Wa,"));
  while (!rest.empty()) {
    const Word option = rest.substr(0, rest.find(','));
    if (!option.starts_with("-m") && option != "--fatal-warnings" && option != "--noexecstack") return false;
    rest.remove_prefix(std::min(rest.size(), option.size() + 1));
  }
  return true;
}

/// A word by itself that can be in a question. Values of macros are looked at where there is text to expand them in.
bool is_plain_option(Word word) {
  if (is_prefix_map(word)) return true;
  if (word.find('/') != Word::npos || word.find("native") != Word::npos) return false;
  if (is_one_of(word, kPlain)) return true;
  if (word.starts_with("-Wa,")) return is_plain_for_assembler(word);
  if (word.starts_with("-Wp,") || word.starts_with("-Wl,")) return false;
  if (starts_with_any(word, kMeddling)) return false;
  if (word.starts_with("-fsanitize") && word.find("list") != Word::npos) return false;
  constexpr auto kKinds =
      std::to_array<Word>({"--param=", "--target=", "-D", "-U", "-W", "-f", "-m", "-no-integrated-as", "-std="});
  return starts_with_any(word, kKinds) && word.size() > 2;
}

bool is_plain_macro(Word definition) {
  const std::size_t at = definition.find('=');
  return at == Word::npos || (is_plain_assembler(definition.substr(at + 1)) && definition.find('#') == Word::npos);
}

void add(std::string& bytes, Word text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes.append(text);
}

std::optional<std::uint32_t> take_number(Word& bytes) {
  std::uint32_t number = 0;
  if (bytes.size() < sizeof number) return std::nullopt;
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

std::optional<std::string> take_text(Word& bytes) {
  const auto size = take_number(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  std::string text(bytes.substr(0, *size));
  bytes.remove_prefix(*size);
  return text;
}

std::optional<std::vector<std::string>> take_list(Word& bytes) {
  const auto count = take_number(bytes);
  if (!count) return std::nullopt;
  std::vector<std::string> list;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto text = take_text(bytes);
    if (!text) return std::nullopt;
    list.push_back(*std::move(text));
  }
  return list;
}

void add_list(std::string& bytes, const std::vector<std::string>& list) {
  const auto count = static_cast<std::uint32_t>(list.size());
  bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
  for (const std::string& text : list) add(bytes, text);
}

}  // namespace

std::optional<Asked> read_question(std::span<const std::string_view> argv) {
  if (argv.size() < 2 || argv[0].empty()) return std::nullopt;
  if (argv.size() == 2 && is_one_of(argv[1], kAboutItself)) return Asked{};
  if (argv[0].ends_with("nm")) {
    if (argv.size() != 2 || !is_place_of_try_run(argv[1], true)) return std::nullopt;
    return Asked{.place = 1, .reads = Asked::Reads::object};
  }
  Asked asked;
  unsigned inputs = 0;
  unsigned kinds = 0;
  bool standard_input = false;
  bool assembler = false;
  bool assembler_input = false;  // the language of an input is what -x said before it
  bool coverage = false;
  bool plain_macros = true;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Word word = argv[i];
    const bool has_next = i + 1 < argv.size();
    if (word == "-c" || word == "-S") {
      ++kinds;
    } else if (word == "-o") {
      if (!has_next || asked.place) return std::nullopt;
      asked.place = ++i;
    } else if (word == "-x") {
      if (!has_next) return std::nullopt;
      const Word language = argv[++i];
      if (language != "c" && language != "assembler" && language != "assembler-with-cpp") return std::nullopt;
      assembler = language != "c";
    } else if (word == "-D" || word == "-U") {
      if (!has_next || argv[i + 1].find('/') != Word::npos) return std::nullopt;
      plain_macros = plain_macros && is_plain_macro(argv[++i]);
    } else if (word == "--param") {
      if (!has_next || argv[++i].find('/') != Word::npos) return std::nullopt;
    } else if (word == "/dev/null" || word == "-") {
      ++inputs;
      standard_input = word == "-";
      assembler_input = assembler;
    } else if (is_one_of(word, kForCoverage)) {
      coverage = true;
    } else if (is_plain_option(word)) {
      if (word.starts_with("-D")) plain_macros = plain_macros && is_plain_macro(word.substr(2));
    } else {
      return std::nullopt;
    }
  }
  if (inputs != 1 || kinds != 1 || !asked.place || !is_place_of_try_run(argv[*asked.place], coverage)) return std::nullopt;
  if (!standard_input) return coverage ? std::nullopt : std::optional(asked);
  // A macro could change what the text says. In C a text can be put together from pieces that say nothing by themselves: of C
  // there is the one line.
  if (!plain_macros || assembler_input == coverage) return std::nullopt;
  asked.reads = coverage ? Asked::Reads::coverage : Asked::Reads::assembler;
  return asked;
}

bool is_plain_input(Asked::Reads reads, std::string_view text) {
  switch (reads) {
    case Asked::Reads::nothing:
      return text.empty();
    case Asked::Reads::assembler:
      return is_plain_assembler(text);
    case Asked::Reads::coverage:
      return text == kTextForCoverage;
    case Asked::Reads::object:
      return text.size() <= kLongestInput;
  }
  return false;
}

bool is_plain_assembler(std::string_view text) {
  if (text.size() > kLongestInput || text.find('\0') != Word::npos) return false;
  // The assembler takes its directives in any case.
  std::string small(text);
  std::ranges::transform(small, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const Word word : {"inc", "__", "pragma", "import", "embed", "\\", ".macro", ".irp", ".rep", ".fill", ".space", ".skip",
                          ".zero", ".org", ".align", ".balign", ".p2align", ".file", ".loc"}) {
    if (small.find(word) != Word::npos) return false;
  }
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && c == '#') return false;
    if (c == '\n')
      line_begins = true;
    else if (c != ' ' && c != '\t')
      line_begins = false;
  }
  return true;
}

std::optional<std::vector<std::string>> heeded(std::span<const std::string_view> environment, std::string_view own_directory) {
  std::vector<std::string> all;
  for (const Word entry : environment) {
    const std::size_t at = entry.find('=');
    if (at == Word::npos) return std::nullopt;
    const Word name = entry.substr(0, at);
    const Word value = entry.substr(at + 1);
    if (is_one_of(name, kMisleading) || starts_with_any(name, kMisleadingKinds)) return std::nullopt;
    if (name == "SOURCE_DATE_EPOCH") {
      if (!is_number(value)) return std::nullopt;
    } else if (name == "PATH") {
      all.push_back("PATH=" + path_without(value, own_directory));
    } else if (is_one_of(name, kHeeded) || name.starts_with("LC_")) {
      all.emplace_back(entry);
    }
  }
  std::ranges::sort(all);
  return all;
}

std::string path_without(std::string_view path, std::string_view directory) {
  std::string rest;
  bool first = true;
  while (true) {
    const Word entry = path.substr(0, path.find(':'));
    if (entry != directory) {
      if (!first) rest += ':';
      rest += entry;
      first = false;
    }
    if (entry.size() == path.size()) return rest;
    path.remove_prefix(entry.size() + 1);
  }
}

std::string key_of(const Question& question, const Asked& asked) {
  std::string key;
  for (std::size_t i = 0; i < question.argv.size(); ++i) {
    const Word word = question.argv[i];
    if (asked.place == i) {
      key += file_name(word);
    } else if (is_prefix_map(word)) {
      key += word.substr(0, word.find('=') + 1);
    } else {
      key += word;
    }
    key += '\0';
  }
  key += '\0';
  for (const std::string& entry : question.environment) {
    key += entry;
    key += '\0';
  }
  key += '\0';
  if (question.input) key += *question.input;
  return key;
}

std::optional<Question> question_of(std::string_view key) {
  Question question;
  const auto next = [&key]() -> std::optional<Word> {
    const std::size_t end = key.find('\0');
    if (end == Word::npos) return std::nullopt;
    const Word word = key.substr(0, end);
    key.remove_prefix(end + 1);
    return word;
  };
  for (auto* const list : {&question.argv, &question.environment}) {
    while (true) {
      const auto word = next();
      if (!word) return std::nullopt;
      if (word->empty()) break;
      list->emplace_back(*word);
    }
  }
  for (std::size_t i = 0; i < question.argv.size(); ++i) {
    std::string& word = question.argv[i];
    if (is_one_of(Word(word), kPrefixMaps)) word += "/from=/to";
    if (i > 0 && (question.argv[i - 1] == "-o" || (question.argv.size() == 2 && word.starts_with("tmp"))))
      word.insert(0, "/.tmp_1/");
  }
  const std::vector<Word> words(question.argv.begin(), question.argv.end());
  const auto asked = read_question(words);
  if (!asked) return std::nullopt;
  if (asked->reads != Asked::Reads::nothing) question.input = std::string(key);
  return question;
}

std::string to_bytes(const Question& question) {
  std::string bytes;
  add_list(bytes, question.argv);
  add_list(bytes, question.environment);
  add_list(bytes, question.input ? std::vector<std::string>{*question.input} : std::vector<std::string>{});
  std::string framed;
  add(framed, bytes);
  return framed;
}

std::vector<Question> questions_in(std::string_view bytes) {
  std::vector<Question> all;
  while (const auto one = take_text(bytes)) {
    Word rest = *one;
    auto argv = take_list(rest);
    auto environment = argv ? take_list(rest) : std::nullopt;
    auto input = environment ? take_list(rest) : std::nullopt;
    if (!input || input->size() > 1 || !rest.empty()) break;
    Question question{.argv = *std::move(argv), .input = {}, .environment = *std::move(environment)};
    if (!input->empty()) question.input = std::move(input->front());
    all.push_back(std::move(question));
  }
  return all;
}

}  // namespace kmpack
