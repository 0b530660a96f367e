#include <array>
#include <cerrno>
#include <fstream>
#include <variant>

#include "base/diagnostic_codes.hpp"
#include "cli/commands.hpp"
#include "cli/inspect_text.hpp"
#include "cli/json.hpp"
#include "cli/summary.hpp"
#include "inspect/facts.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

enum class Kind { module, deb, rpm };

/// By the first bytes: names may say anything. Source: deb(5) (an ar archive), rpm docs/manual/format_lead.md.
Kind kind_of(const fs::path& file) {
  refuse_special_file(file);
  std::array<char, 8> bytes{};
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw_system_error(errno, "read", file);
  stream.read(bytes.data(), bytes.size());
  const std::string_view start(bytes.data(), static_cast<std::size_t>(stream.gcount()));
  if (start == "!<arch>\n") return Kind::deb;
  return start.starts_with("\xed\xab\xee\xdb") ? Kind::rpm : Kind::module;
}

using Facts = std::variant<ModuleFacts, DebPackage, RpmHeader>;

Facts read_facts(const fs::path& file, const std::stop_token& stop) {
  switch (kind_of(file)) {
    case Kind::deb:
      return read_deb(file, stop);
    case Kind::rpm:
      return read_rpm_header(file);
    case Kind::module:
      break;
  }
  return read_module_facts(file);
}

struct Seen {
  fs::path file;
  Facts facts;
};

std::string text_of(const Seen& seen) {
  return std::visit([&seen](const auto& facts) { return inspect_text(seen.file, facts); }, seen.facts);
}

Inspected inspected(const Seen& seen) {
  return {.file = seen.file,
          .module = std::get_if<ModuleFacts>(&seen.facts),
          .deb = std::get_if<DebPackage>(&seen.facts),
          .rpm = std::get_if<RpmHeader>(&seen.facts)};
}

}  // namespace

int run_inspect(const Work& work) {
  Diagnostics problems;
  std::vector<Seen> all;
  for (const fs::path& file : work.options.files) {
    if (work.stop.stop_requested()) throw Cancelled{};
    try {
      all.push_back({file, read_facts(file, work.stop)});
    } catch (const Error& error) {
      // One bad file does not hide the others.
      problems.report(error.diagnostic());
    }
  }
  if (work.console.json()) {
    std::vector<Inspected> things;
    for (const Seen& seen : all) things.push_back(inspected(seen));
    work.console.answer(to_json(things, problems));
  } else {
    std::string_view gap;
    for (const Seen& seen : all) {
      work.console.answer(std::string{gap} + text_of(seen));
      gap = "\n";
    }
  }
  work.console.complain(problems);
  // A file that is not what it should be is no cell that failed.
  const int status = exit_status(problems);
  return status == static_cast<int>(Fault::cell) ? static_cast<int>(Fault::verification) : status;
}

}  // namespace kmpack
