#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// A command by which kbuild asks a compiler what it knows, and on whose answer nothing but the command and the compiler has a
/// say: nothing is compiled but /dev/null, a few words of assembler or one line of C, no file is read that an option names.
struct Question {
  std::vector<std::string> argv;         ///< with the compiler's name, without a directory
  std::optional<std::string> input;      ///< what it reads on its standard input, or in the object it is about
  std::vector<std::string> environment;  ///< NAME=value, sorted: what compilers heed
};

/// The longest text, or object, that a question is about.
inline constexpr std::size_t kLongestInput = 16384;

/// How a command line reads as a question.
struct Asked {
  enum class Reads {
    nothing,    ///< /dev/null, or a question about the program itself
    assembler,  ///< on standard input; is_plain_assembler()
    coverage,   ///< the one line on standard input that kernels ask about -fprofile-update with
    object,     ///< nm: what such a line became
  };
  std::optional<std::size_t> place;  ///< of argv: the path below the directory that try-run makes
  Reads reads = Reads::nothing;

  [[nodiscard]] bool reads_input() const noexcept { return reads == Reads::assembler || reads == Reads::coverage; }
  [[nodiscard]] bool writes() const noexcept { return place && reads != Reads::object; }
};

/// Nothing for a command that is no question, or might be none: it is the compiler's.
///
/// Shape:   arguments are known one by one. What reads or writes a file, or depends on the machine (-march=native), is no
///          question; nor is what leaves more behind than one file in a directory `.tmp_<digits>`.
/// Source:  linux scripts/Makefile.compiler (try-run, as-option, as-instr, cc-option), scripts/Kbuild.include before 5.19,
/// Makefile
///          (CFLAGS_GCOV); gcc manual, "Option Summary".
std::optional<Asked> read_question(std::span<const std::string_view> argv);

/// May a question be about this text? For each kind of its own; an object may be any.
bool is_plain_input(Asked::Reads reads, std::string_view text);

/// Not when it names files or uses what differs by time or place.
bool is_plain_assembler(std::string_view text);

/// What of an environment compilers heed; nothing when it has something that makes them read or write more files.
///
/// Shape:   PATH without `own_directory`. SOURCE_DATE_EPOCH is left out when it is a number: it shows in __DATE__ alone, which is
///          in no question.
/// Source:  gcc manual, "Environment Variables Affecting GCC"; clang, "Environment Variables"; ld.so(8).
std::optional<std::vector<std::string>> heeded(std::span<const std::string_view> environment, std::string_view own_directory);

/// What is the same for questions that have the same answer: place of the output and of prefix maps are left out.
///
/// Source:  gcc manual, -ffile-prefix-map: heeded for __FILE__ and debug information, neither of which is in an answer.
std::string key_of(const Question& question, const Asked& asked);

/// A question that has this key. Nothing for what is no key.
std::optional<Question> question_of(std::string_view key);

/// A PATH without one of its directories.
std::string path_without(std::string_view path, std::string_view directory);

/// As one run of bytes, for a list of questions; and back. Reading ends at the first one that is damaged.
std::string to_bytes(const Question& question);
std::vector<Question> questions_in(std::string_view bytes);

}  // namespace kmpack
