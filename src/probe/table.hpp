#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kmpack {

/// All that a question leaves behind.
struct ProbeAnswer {
  int status = 0;
  std::string out;                    ///< on standard output
  std::string errors;                 ///< on standard error
  std::optional<std::string> output;  ///< contents of the file that -o names; nothing: it was not made

  bool operator==(const ProbeAnswer&) const = default;
};

/// Answers by key_of() their questions.
using ProbeAnswerMap = std::map<std::string, ProbeAnswer>;

/// The bytes of a table that find_answer() reads where it lies: an index by hash, and entries with the whole key and a sum.
std::string render_table(const ProbeAnswerMap& answers);

/// Nothing when the table has no such key, or is damaged there.
///
/// Shape:   looks at no more of the table than it needs. Any bytes may be given.
std::optional<ProbeAnswer> find_answer(std::string_view table, std::string_view key);

/// All entries that are whole.
ProbeAnswerMap answers_in(std::string_view table);

}  // namespace kmpack
