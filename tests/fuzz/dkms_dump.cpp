#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "manifest/dkms/directives.hpp"
#include "manifest/dkms/dump.hpp"

namespace {

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz/dkms_dump: %s\n", what);
  std::abort();
}

std::string field(std::string_view text) { return std::string(text) + '\0'; }

/// What was read, as the evaluating shell would write it for one file.
std::string written_again(const kmpack::DkmsDump& dump) {
  std::string text = field("F") + field("dkms.conf");
  const auto values = [&](const char* tag, const std::map<std::string, kmpack::DkmsValues>& all) {
    for (const auto& [name, elements] : all) {
      for (const auto& [index, value] : elements) text += field(tag) + field(name) + field(std::to_string(index)) + field(value);
    }
  };
  values("W", dump.written);
  for (const std::string& name : dump.others) text += field("O") + field(name);
  values("S", dump.seen);
  for (const auto& [name, answers] : dump.matches) {
    for (const auto& [index, answer] : answers) {
      text += field("M") + field(name) + field(std::to_string(index)) + field(std::to_string(static_cast<int>(answer)));
    }
  }
  return text;
}

}  // namespace

/// What is refused says why; what is read names directives only, and reads the same when it is written and read again.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kmpack;
  Diagnostics problems;
  const auto dump = read_dkms_dump({reinterpret_cast<const char*>(data), size}, "dkms.conf", problems);
  must(dump.has_value() == problems.ok(), "refused without a reason, or read in spite of one");
  must(problems.all().size() <= 1, "more than one reason");
  for (const Diagnostic& problem : problems.all()) must(to_text(problem).size() < 10'000, "an answer that is too long");
  if (!dump) return 0;
  for (const auto* values : {&dump->written, &dump->seen}) {
    for (const auto& [name, elements] : *values) must(find_dkms_directive(name) != nullptr, "a value of no directive");
  }
  Diagnostics again_problems;
  const auto again = read_dkms_dump(written_again(*dump), "dkms.conf", again_problems);
  must(again.has_value(), "what was written cannot be read");
  must(again->written == dump->written && again->seen == dump->seen, "values read as others");
  must(again->others == dump->others && again->matches == dump->matches, "names or answers read as others");
  return 0;
}
