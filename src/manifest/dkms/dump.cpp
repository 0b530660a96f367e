#include "manifest/dkms/dump.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "manifest/dkms/directives.hpp"

namespace kmpack {
namespace {

/// No driver has so many parts; what comes after counts and fills up to the highest index.
constexpr unsigned kHighestIndex = 9999;
constexpr std::size_t kLongestMessage = 500;

/// Thrown in this file alone: where a record is not what it must be.
struct Broken {
  std::string what;
};

class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}
  [[nodiscard]] bool done() const { return text_.empty(); }
  std::string_view next() {
    const auto end = text_.find('\0');
    if (end == std::string_view::npos) throw Broken{"it ends inside of a record"};
    const std::string_view field = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return field;
  }

 private:
  std::string_view text_;
};

std::string directive(std::string_view name) {
  if (find_dkms_directive(name) == nullptr) throw Broken{"a record names no directive"};
  return std::string(name);
}

unsigned index(std::string_view digits, const std::string& name) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc() || end != digits.data() + digits.size() || value > kHighestIndex || digits.empty()) {
    throw Broken{fmt::format("{} has an index that is no number up to {}", name, kHighestIndex)};
  }
  return value;
}

std::string head(std::string_view text) { return std::string(trimmed(text.substr(0, kLongestMessage))); }

/// The number after the first "line " of bash's messages.
std::uint32_t line_of(std::string_view message) {
  const auto at = message.find("line ");
  if (at == std::string_view::npos) return 0;
  std::uint32_t line = 0;
  std::from_chars(message.data() + at + 5, message.data() + message.size(), line);
  return line;
}

/// Without "FILE: line N: " before each line.
std::string without_place(std::string_view message, std::string_view file) {
  std::string text;
  for (std::string_view line : split(message, '\n')) {
    if (line.starts_with(file)) line.remove_prefix(file.size());
    if (const auto at = line.find("line "); at <= 2) {
      const auto end = line.find(": ", at);
      if (end != std::string_view::npos) line.remove_prefix(end + 2);
    }
    if (trimmed(line).empty()) continue;
    text += (text.empty() ? "" : "; ") + std::string(trimmed(line));
  }
  return text;
}

class Reader {
 public:
  Reader(std::string_view text, const std::filesystem::path& conf, Diagnostics& problems)
      : fields_(text), file_(conf), problems_(problems) {}

  std::optional<DkmsDump> read() {
    while (!fields_.done()) {
      if (!record()) return std::nullopt;
    }
    if (!began_) throw Broken{"it is empty"};
    end_file();
    return std::move(dump_);
  }

 private:
  /// False for one that says that there is no result.
  bool record() {
    const std::string_view tag = fields_.next();
    if (tag == "F") {
      if (began_) end_file();
      began_ = true;
      file_ = std::string(fields_.next());
      return true;
    }
    if (!began_) throw Broken{"it does not begin with a file"};
    if (tag == "W") {
      value(now_written_);
    } else if (tag == "S") {
      value(now_seen_);
    } else if (tag == "O") {
      dump_.others.emplace_back(fields_.next());
    } else if (tag == "M") {
      match();
    } else if (tag == "B") {
      too_long();
      return false;
    } else if (tag == "X") {
      unreadable();
      return false;
    } else if (tag == "Q") {
      ended();
      return false;
    } else {
      throw Broken{"it has a record of no known kind"};
    }
    return true;
  }

  void value(std::map<std::string, DkmsValues>& values) {
    const std::string name = directive(fields_.next());
    const unsigned at = index(fields_.next(), name);
    values[name].insert_or_assign(at, std::string(fields_.next()));
  }

  void match() {
    const std::string name = directive(fields_.next());
    const unsigned at = index(fields_.next(), name);
    const std::string_view status = fields_.next();
    if (status != "0" && status != "1" && status != "2") throw Broken{"a pattern's answer is none"};
    dump_.matches[name][at] = status == "0" ? DkmsMatch::matches : status == "1" ? DkmsMatch::differs : DkmsMatch::invalid;
  }

  /// Each file's shell began with what was seen after the one before it; only what changed since then was written by this one.
  void end_file() {
    for (auto& [name, values] : now_written_) {
      for (auto& [at, text] : values) {
        const auto& before = dump_.seen[name];
        const auto found = before.find(at);
        if (found == before.end() || found->second != text) dump_.written[name].insert_or_assign(at, text);
      }
    }
    dump_.seen = std::exchange(now_seen_, {});
    now_written_.clear();
  }

  std::string_view last() {
    const std::string_view field = fields_.next();
    if (!fields_.done()) throw Broken{"something follows after its end"};
    return field;
  }

  /// What the shell says of later files does not matter any more.
  void too_long() {
    problems_.report({.code = "dkms-conf-too-much",
                      .message = fmt::format("{} has a value of more than 65536 characters", directive(fields_.next())),
                      .where = SourceSpan{file_, 0, 0},
                      .notes = {},
                      .hint = "look for the output of a program in it"});
  }

  void unreadable() {
    const std::string message = head(last());
    report(line_of(message), without_place(message, file_), "`bash -n` says the same");
  }

  void ended() {
    const std::string status = head(last());
    report(0, fmt::format("the file ends the shell before its end (exit status {})", status),
           "a dkms.conf is read into the shell of dkms: it must not call exit, nor fail under `set -e`");
  }

  void report(std::uint32_t line, std::string message, std::string hint) {
    problems_.report({.code = "dkms-conf-failed",
                      .message = std::move(message),
                      .where = SourceSpan{file_, line, 0},
                      .notes = {},
                      .hint = std::move(hint)});
  }

  Fields fields_;
  std::string file_;
  Diagnostics& problems_;
  DkmsDump dump_;
  std::map<std::string, DkmsValues> now_written_;
  std::map<std::string, DkmsValues> now_seen_;
  bool began_ = false;
};

}  // namespace

std::optional<DkmsDump> read_dkms_dump(std::string_view text, const std::filesystem::path& conf, Diagnostics& problems) {
  try {
    return Reader(text, conf, problems).read();
  } catch (const Broken& broken) {
    problems.report(
        {.code = "dkms-dump-broken",
         .message = "what bash made of the file cannot be read: " + broken.what,
         .where = SourceSpan{conf, 0, 0},
         .notes = {},
         .hint = "look for shell code in it that writes to other descriptors, or declares directives as something else"});
    return std::nullopt;
  }
}

}  // namespace kmpack
