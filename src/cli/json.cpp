#include "cli/json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cells_json.hpp"
#include "cli/json_values.hpp"
#include "cli/words_of.hpp"

namespace kmpack {
namespace {

Json record() { return Json{{"schema", 1}}; }

Json path_or_null(const std::filesystem::path& path) { return text_or_null(path.native()); }

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

Json diagnostic(const Diagnostic& problem) {
  const bool placed = problem.where.has_value();
  return Json{{"severity", problem.severity == Severity::error ? "error" : "warning"},
              {"code", problem.code},
              {"message", problem.message},
              {"file", placed ? path_or_null(problem.where->file) : Json(nullptr)},
              {"line", placed && problem.where->line > 0 ? Json(problem.where->line) : Json(nullptr)},
              {"notes", list(problem.notes)},
              {"hint", problem.hint ? Json(*problem.hint) : Json(nullptr)}};
}

Json diagnostics(const std::vector<Diagnostic>& problems) { return list(problems, diagnostic); }

Json kernel(const Kernel& of) { return Json{{"id", of.id()}, {"release", of.release.str()}, {"arch", of.flavor.arch}}; }

Json finished_module(const FinishedModule& module) {
  return Json{{"name", module.name.str()},
              {"path", module.path.native()},
              {"sha256", module.sha256},
              {"signed_by", text_or_null(module.signed_by)}};
}

Json package_file(const PackageFile& package) {
  return Json{{"format", word_of(package.format)},
              {"path", package.path.native()},
              {"sha256", package.sha256},
              {"name", package.name},
              {"version", package.version}};
}

Json failure(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  return Json{{"class", word_of(failure->kind)},
              {"file", text_or_null(failure->file)},
              {"line", failure->line > 0 ? Json(failure->line) : Json(nullptr)},
              {"message", text_or_null(failure->message)}};
}

Json cell(const Outcome& outcome) {
  return Json{{"package", outcome.cell.manifest->name.str()},
              {"kernel", kernel(*outcome.cell.kernel)},
              {"status", word_of(outcome.status)},
              {"reason", text_or_null(outcome.reason)},
              {"failure", failure(outcome.failure)},
              {"modules", list(outcome.modules, finished_module)},
              {"packages", list(outcome.packages, package_file)},
              {"log", path_or_null(outcome.log)},
              {"seconds", seconds(outcome.wall)}};
}

Json generated(const GeneratedSource& source) {
  return Json{{"package", source.package.str()},
              {"name", source.name},
              {"spec", path_or_null(source.spec)},
              {"files", list(source.files, [](const std::filesystem::path& file) { return file.native(); })},
              {"source_rpm", path_or_null(source.source_rpm)},
              {"debian", path_or_null(source.debian)},
              {"dsc", path_or_null(source.dsc)},
              {"kernels", list(source.kernels)}};
}

Json listed(const ListedKernel& known) {
  const Kernel& of = known.kernel;
  Json packages = list(of.packages, [](const ArchivePackage& package) {
    return Json{{"role", package.role == ArchiveRole::headers ? "headers" : "image"},
                {"name", package.name},
                {"version", package.version},
                {"arch", package.arch},
                {"url", package.url},
                {"sha256", package.sha256},
                {"size", package.size}};
  });
  return Json{{"id", of.id()},
              {"flavor", of.flavor.text()},
              {"release", of.release.str()},
              {"arch", of.flavor.arch},
              {"series", text_or_null(of.series)},
              {"version", text_or_null(of.package_version)},
              {"headers", word_of(of.origin)},
              {"tree", path_or_null(known.tree)},
              {"compiler", text_or_null(known.compiler)},
              {"problem", text_or_null(known.problem)},
              {"packages", std::move(packages)}};
}

Json module_facts(const ModuleFacts& facts) {
  Json signature = nullptr;
  if (facts.signature) {
    signature = Json{{"signer", facts.signature->signer}, {"key", facts.signature->key_serial}, {"hash", facts.signature->hash}};
  }
  return Json{{"kind", "module"},
              {"name", facts.name.str()},
              {"release", text_or_null(facts.release().str())},
              {"vermagic", facts.vermagic},
              {"license", text_or_null(facts.license)},
              {"version", text_or_null(facts.version)},
              {"srcversion", text_or_null(facts.srcversion)},
              {"description", text_or_null(facts.description)},
              {"compression", word_of(facts.compression)},
              {"depends", list(facts.depends)},
              {"aliases", list(facts.aliases)},
              {"softdeps", list(facts.softdeps)},
              {"firmware", list(facts.firmware)},
              {"import_namespaces", list(facts.import_namespaces)},
              {"parameters", list(facts.parameters)},
              {"btf", facts.has_btf},
              {"needed", list(facts.needed,
                              [](const NeededSymbol& symbol) {
                                return Json{{"name", symbol.name}, {"crc", crc_or_null(symbol.crc)}, {"weak", symbol.weak}};
                              })},
              {"exported", list(facts.exported,
                                [](const ExportedSymbol& symbol) {
                                  return Json{{"name", symbol.name},
                                              {"crc", crc_or_null(symbol.crc)},
                                              {"namespace", text_or_null(symbol.symbol_namespace)},
                                              {"gpl_only", symbol.gpl_only}};
                                })},
              {"signature", std::move(signature)}};
}

Json deb_package(const DebPackage& package) {
  Json control = Json::object();
  for (const auto& [name, value] : package.control.fields) control[name] = value;
  Json scripts = Json::object();
  for (const auto& [phase, text] : package.scripts) scripts[phase] = text;
  return Json{{"kind", "deb"},
              {"control", std::move(control)},
              {"scripts", std::move(scripts)},
              {"conffiles", list(package.conffiles)},
              {"triggers", text_or_null(package.triggers)},
              {"files", list(package.files, [](const DebFile& file) {
                 return Json{{"path", file.path},
                             {"mode", fmt::format("{:04o}", file.mode & 07777U)},
                             {"size", file.size},
                             {"sha256", text_or_null(file.sha256)},
                             {"link", text_or_null(file.link)}};
               })}};
}

Json relations(const std::vector<RpmRelation>& all) {
  return list(all, [](const RpmRelation& relation) { return Json(relation.text()); });
}

Json rpm_package(const RpmHeader& header) {
  Json scripts = Json::object();
  for (const auto& script : header.scripts) scripts[script.phase] = script.text;
  return Json{{"kind", "rpm"},
              {"name", header.name},
              {"epoch", text_or_null(header.epoch)},
              {"version", header.version},
              {"release", header.release},
              {"arch", header.arch},
              {"summary", header.summary},
              {"license", header.license},
              {"requires", relations(header.requires_)},
              {"provides", relations(header.provides)},
              {"conflicts", relations(header.conflicts)},
              {"obsoletes", relations(header.obsoletes)},
              {"recommends", relations(header.recommends)},
              {"scripts", std::move(scripts)},
              {"signed_package", header.signed_package},
              {"files", list(header.files, [](const RpmFile& file) {
                 return Json{{"path", file.path},
                             {"mode", fmt::format("{:04o}", file.mode & 07777U)},
                             {"size", file.size},
                             {"sha256", text_or_null(file.digest)},
                             {"link", text_or_null(file.link)}};
               })}};
}

Json inspected(const Inspected& thing) {
  Json all{{"file", thing.file.native()}};
  Json facts;
  if (thing.module != nullptr) facts = module_facts(*thing.module);
  if (thing.deb != nullptr) facts = deb_package(*thing.deb);
  if (thing.rpm != nullptr) facts = rpm_package(*thing.rpm);
  all.update(facts);
  return all;
}

Json verified(const VerifyReport& report) {
  return Json{{"packages", list(report.packages, [](const std::filesystem::path& path) { return Json(path.native()); })},
              {"release", text_or_null(report.release.str())},
              {"ok", report.ok()},
              {"checks", list(report.checks,
                              [](const Check& check) {
                                return Json{{"name", check.name}, {"ok", check.ok}, {"detail", text_or_null(check.detail)}};
                              })},
              {"problems", diagnostics(report.problems.all())}};
}

Json booted(const BootReport& boot) {
  Json all = verified(boot.report);
  all["modules"] = list(boot.modules, [](const BootedModule& module) {
    return Json{{"name", module.name.str()},
                {"result", to_text(module.result)},
                {"message", text_or_null(module.message)},
                {"kernel", list(module.kernel)}};
  });
  all["log"] = path_or_null(boot.log);
  all["seconds"] = seconds(boot.wall);
  return all;
}

std::string_view word_of(Finding finding) {
  switch (finding) {
    case Finding::present:
      return "present";
    case Finding::missing:
      return "missing";
    case Finding::note:
      return "note";
  }
  return "";
}

}  // namespace

bool VerifiedKernel::ok() const noexcept {
  return std::ranges::all_of(reports, &VerifyReport::ok) && (!boot || boot->report.ok());
}

void write_json(const Report& report, const Write& write) {
  // What stopped a run stands under "errors"; a run that began has cells and no such member.
  if (!report.problems.ok() && report.cells.empty()) return write(to_json(report.problems));
  CellsJson answer(write);
  for (const Outcome& outcome : report.cells) {
    answer.add(indented(cell(outcome).dump(2, ' ', false, Json::error_handler_t::replace), 4));
  }
  std::vector<CellsJson::Total> totals;
  for (const Status status :
       {Status::built, Status::cached, Status::compatible, Status::excluded, Status::failed, Status::cancelled}) {
    const auto count = std::ranges::count(report.cells, status, &Outcome::status);
    totals.push_back({word_of(status), static_cast<std::size_t>(count)});
  }
  answer.finish(report.cells.size(), totals);
}

std::string to_json(const GenerateReport& report) {
  if (!report.problems.ok() && report.sources.empty()) return to_json(report.problems);
  Json all = record();
  all["sources"] = list(report.sources, generated);
  all["cells"] = list(report.cells.cells, cell);
  return rendered(all);
}

std::string to_json(const ChangeReport& report, const std::filesystem::path& since) {
  Json answer = record();
  answer["since"] = since.native();
  answer["work"] = report.work();
  answer["kernels"] = list(report.kernels, [](const KernelChange& of) {
    return Json{{"change", word_of(of.change)},
                {"kernel", kernel(of.now == nullptr ? *of.was : *of.now)},
                {"was", of.was == nullptr ? Json(nullptr) : text_or_null(of.was->package_version)},
                {"now", of.now == nullptr ? Json(nullptr) : text_or_null(of.now->package_version)},
                {"excluded", text_or_null(of.excluded)}};
  });
  answer["problems"] = diagnostics(report.problems.all());
  return rendered(answer);
}

std::string to_json(const Diagnostics& problems) {
  Json answer = record();
  answer["errors"] = diagnostics(problems.all());
  return rendered(answer);
}

std::string to_json(std::span<const ListedKernel> kernels, const Diagnostics& problems) {
  Json answer = record();
  answer["kernels"] = list(kernels, listed);
  answer["problems"] = diagnostics(problems.all());
  return rendered(answer);
}

std::string to_json(std::span<const Inspected> things, const Diagnostics& problems) {
  Json answer = record();
  answer["files"] = list(things, inspected);
  answer["problems"] = diagnostics(problems.all());
  return rendered(answer);
}

std::string to_json(std::span<const VerifiedKernel> kernels) {
  Json answer = record();
  answer["ok"] = std::ranges::all_of(kernels, &VerifiedKernel::ok);
  answer["kernels"] = list(kernels, [](const VerifiedKernel& of) {
    return Json{{"kernel", text_or_null(of.id)},
                {"reports", list(of.reports, verified)},
                {"boot", of.boot ? booted(*of.boot) : Json(nullptr)}};
  });
  return rendered(answer);
}

std::string to_json(const DoctorReport& report) {
  Json answer = record();
  answer["can_build"] = report.can_build();
  answer["checks"] = list(report.checks, [](const DoctorCheck& check) {
    return Json{{"name", check.name},
                {"finding", word_of(check.finding)},
                {"essential", check.essential},
                {"detail", text_or_null(check.detail)},
                {"needed_by", text_or_null(check.needed_by)},
                {"package", text_or_null(check.package)}};
  });
  answer["packages"] = list(report.packages());
  return rendered(answer);
}

std::string init_to_json(const std::filesystem::path& manifest, const Diagnostics& problems) {
  Json answer = record();
  answer["manifest"] = manifest.native();
  answer["problems"] = diagnostics(problems.all());
  return rendered(answer);
}

}  // namespace kmpack
