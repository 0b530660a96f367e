#include "build/compiler.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"

namespace kmpack {
namespace {

std::string hint_to_install(const std::string& package, std::string_view alternative) {
  return fmt::format("apt-get install {}{}", package, alternative);
}

/// Major version by what the program itself says; nothing when there is no such program.
std::optional<unsigned> major_of(const std::string& compiler, CommandRunner& runner, std::stop_token stop) {
  const Command command{.program = compiler, .args = {"-dumpversion"}, .environment = scrubbed_environment(0)};
  try {
    const Completed completed = run_checked(runner, command, std::move(stop));
    unsigned major = 0;
    std::from_chars(completed.tail.data(), completed.tail.data() + completed.tail.size(), major);
    return major;
  } catch (const Error& error) {
    if (error.diagnostic().code == "tool-missing") return std::nullopt;
    throw;
  }
}

std::string unversioned(const HeaderTree& headers) { return headers.config.clang ? "clang" : headers.cross_prefix + "gcc"; }

/// What make calls when it is not told: Debian's trees say it, others leave it to kbuild.
std::string named_by_tree(const HeaderTree& headers) {
  std::error_code absent;
  return std::filesystem::exists(headers.tree / ".kernelvariables", absent) ? headers.compiler : unversioned(headers);
}

std::string versioned(const HeaderTree& headers) {
  const std::string base = unversioned(headers);
  return headers.config.compiler_major == 0 ? base : fmt::format("{}-{}", base, headers.config.compiler_major);
}

Diagnostic missing(const HeaderTree& headers) {
  return {
      .code = "compiler-missing",
      .message = fmt::format("the compiler '{}' of kernel {} is not installed", headers.compiler, headers.kernel.release.str()),
      .where = {},
      .notes = {},
      .hint = hint_to_install(package_of_compiler(headers.compiler), "")};
}

Diagnostic mismatched(const HeaderTree& headers, const std::string& compiler, unsigned major) {
  return {
      .code = "compiler-mismatch",
      .message = fmt::format("kernel {} was built by {} {}, but '{}' is version {}", headers.kernel.release.str(),
                             headers.config.clang ? "clang" : "gcc", headers.config.compiler_major, compiler, major),
      .where = {},
      .notes = {},
      .hint = hint_to_install(package_of_compiler(versioned(headers)), ", or build all the same with --allow-compiler-mismatch")};
}

}  // namespace

std::string package_of_compiler(std::string_view compiler) {
  const std::size_t at = std::min(compiler.rfind("gcc"), compiler.rfind("clang"));
  if (at == std::string_view::npos || at == 0) return std::string(compiler);
  const std::string base(compiler.substr(at));
  const std::string_view triplet = compiler.substr(0, at - 1);
  // The native compiler is also installed under its full name.
  if (triplet == host_architecture().triplet) return base;
  // Package names have no underscore.
  return fmt::format("{}-{}", base, replaced(std::string(triplet), "_", "-"));
}

std::string binutils_prefix(const HeaderTree& headers) {
  if (!headers.cross_prefix.empty()) return headers.cross_prefix;
  const Architecture* target = find_architecture(headers.kernel.flavor.arch);
  // Binutils of one kernel architecture know its 32-bit and 64-bit objects alike.
  if (target == nullptr || target->kernel == host_architecture().kernel) return {};
  return std::string(target->triplet) + "-";
}

ChosenCompiler choose_compiler(const HeaderTree& headers, MismatchedCompiler mismatch, CommandRunner& runner,
                               std::stop_token stop) {
  std::vector<std::string> names{headers.compiler};
  // Enterprise Linux says gcc and means its own; here that one is called gcc-11.
  if (headers.compiler == unversioned(headers)) names.push_back(versioned(headers));
  // Debian's trees name gcc-12; whoever allowed another one means the system's default.
  if (mismatch == MismatchedCompiler::allow) names.push_back(unversioned(headers));
  ChosenCompiler chosen;
  std::optional<unsigned> other;
  for (const std::string& name : names) {
    const std::optional<unsigned> major = major_of(name, runner, stop);
    if (!major) continue;
    const bool fits = headers.config.compiler_major == 0 || *major == headers.config.compiler_major;
    if (fits || !other) chosen.name = name;
    if (!other) other = major;
    if (!fits) continue;
    other.reset();
    break;
  }
  if (chosen.name.empty()) throw Error(missing(headers));
  chosen.given_to_make = chosen.name != named_by_tree(headers);
  if (!other) return chosen;
  Diagnostic problem = mismatched(headers, chosen.name, *other);
  if (mismatch == MismatchedCompiler::refuse) throw Error(std::move(problem));
  problem.severity = Severity::warning;
  chosen.mismatch = std::move(problem);
  return chosen;
}

}  // namespace kmpack
