#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "cli/cells_json.hpp"
#include "cli/words_of.hpp"

namespace kmpack {
namespace {

using Json = nlohmann::ordered_json;

std::string rendered(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

bool is_plain(char byte) noexcept { return byte >= ' ' && byte < '\x7F' && byte != '"' && byte != '\\'; }

std::string text_or_null(const std::string& text) {
  if (text.empty()) return "null";
  return std::ranges::all_of(text, is_plain) ? '"' + text + '"' : rendered(Json(text));
}

std::string member(std::string_view name, std::string_view json) {
  const std::string text = indented(json, 6);
  return std::string(6, ' ') + '"' + std::string(name) + "\": " + text.substr(6);
}

/// The parts of a plan's cells, each made once for all cells that share it.
class Parts {
 public:
  const std::string& of_package(const Manifest& manifest) {
    const auto [made, is_new] = packages_.try_emplace(&manifest);
    if (is_new) made->second = "    {\n" + member("package", rendered(Json(manifest.name.str()))) + ",\n";
    return made->second;
  }
  const std::string& of_kernel(const Kernel& kernel) {
    const auto [made, is_new] = kernels_.try_emplace(&kernel);
    if (is_new) {
      const Json json{{"id", kernel.id()}, {"release", kernel.release.str()}, {"arch", kernel.flavor.arch}};
      made->second = member("kernel", rendered(json)) + ",\n      \"verdict\": \"";
    }
    return made->second;
  }
  /// Of a dkms.conf that was not read for this kernel yet, nobody knows them.
  const std::string& of_modules(const Cell& cell) {
    const Manifest& manifest = *cell.manifest;
    if (cell.verdict == Verdict::excluded || (manifest.dkms && manifest.modules.empty())) return kNone;
    const auto [made, is_new] = modules_.try_emplace(&manifest);
    if (is_new) {
      Json names = Json::array();
      for (const ModuleSpec& module : manifest.modules) names.push_back(module.name.str());
      made->second = ",\n" + member("modules", rendered(names));
    }
    return made->second;
  }

 private:
  inline static const std::string kNone = ",\n      \"modules\": null";
  std::unordered_map<const Manifest*, std::string> packages_;
  std::unordered_map<const Kernel*, std::string> kernels_;
  std::unordered_map<const Manifest*, std::string> modules_;
};

}  // namespace

void write_json(const Plan& plan, const Write& write) {
  if (!plan.problems.ok() && plan.cells.empty()) return write(to_json(plan.problems));
  CellsJson answer(write);
  Parts parts;
  std::map<std::string_view, std::size_t> counts;
  std::string text;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    const Cell& cell = plan.cells[i];
    const std::string_view verdict = planned_word(plan, i);
    ++counts[verdict];
    text = parts.of_package(*cell.manifest);
    text += parts.of_kernel(*cell.kernel);
    text += verdict;
    text += "\",\n      \"reason\": ";
    text += text_or_null(planned_reason(plan, i));
    text += parts.of_modules(cell);
    text += ",\n      \"headers\": \"";
    text += word_of(cell.kernel->origin);
    text += "\"\n    }";
    answer.add(text);
  }
  std::vector<CellsJson::Total> totals;
  for (const Verdict verdict : {Verdict::build, Verdict::cached, Verdict::compatible, Verdict::excluded}) {
    totals.push_back({word_of(verdict), counts[word_of(verdict)]});
  }
  totals.push_back({word_of(Status::failed), counts[word_of(Status::failed)]});
  answer.finish(plan.cells.size(), totals);
}

}  // namespace kmpack
