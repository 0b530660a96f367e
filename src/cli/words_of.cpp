#include "cli/words_of.hpp"

#include <fmt/format.h>

namespace kmpack {

std::string_view word_of(Status status) noexcept {
  switch (status) {
    case Status::built:
      return "built";
    case Status::cached:
      return "cached";
    case Status::compatible:
      return "compatible";
    case Status::excluded:
      return "excluded";
    case Status::failed:
      return "failed";
    case Status::cancelled:
      return "cancelled";
  }
  return "";
}

std::string_view word_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::build:
      return "build";
    case Verdict::cached:
      return "cached";
    case Verdict::compatible:
      return "compatible";
    case Verdict::excluded:
      return "excluded";
  }
  return "";
}

std::string_view word_of(Change change) noexcept {
  switch (change) {
    case Change::same:
      return "same";
    case Change::added:
      return "new";
    case Change::rebuilt:
      return "rebuilt";
    case Change::gone:
      return "gone";
  }
  return "";
}

std::string_view word_of(Step step) noexcept {
  switch (step) {
    case Step::waiting:
      return "waiting";
    case Step::headers:
      return "headers";
    case Step::compiling:
      return "compiling";
    case Step::inspecting:
      return "inspecting";
    case Step::signing:
      return "signing";
    case Step::packing:
      return "packing";
    case Step::verifying:
      return "verifying";
    case Step::done:
      return "done";
  }
  return "";
}

std::string_view word_of(Format format) noexcept { return format == Format::rpm ? "rpm" : "deb"; }

std::string_view word_of(HeadersOrigin origin) noexcept {
  switch (origin) {
    case HeadersOrigin::given:
      return "given";
    case HeadersOrigin::installed:
      return "installed";
    case HeadersOrigin::store:
      return "store";
    case HeadersOrigin::rpm_md:
      return "rpm-md";
    case HeadersOrigin::apt:
      return "apt";
  }
  return "";
}

std::string_view word_of(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::xz:
      return "xz";
    case Compression::zstd:
      return "zstd";
  }
  return "";
}

std::string_view word_of(PackageKind kind) noexcept {
  switch (kind) {
    case PackageKind::modules:
      return "modules";
    case PackageKind::flavor_meta:
      return "flavor-meta";
    case PackageKind::common:
      return "common";
    case PackageKind::certificate:
      return "certificate";
    case PackageKind::debug_info:
      return "debuginfo";
    case PackageKind::debug_source:
      return "debugsource";
  }
  return "";
}

std::string_view word_of(Arrival arrival) noexcept {
  switch (arrival) {
    case Arrival::kept:
      return "kept";
    case Arrival::added:
      return "added";
    case Arrival::newly_signed:
      return "signed";
    case Arrival::removed:
      return "removed";
  }
  return "";
}

std::string_view word_of(FailureClass kind) noexcept {
  switch (kind) {
    case FailureClass::compiler_error:
      return "compiler-error";
    case FailureClass::missing_header:
      return "missing-header";
    case FailureClass::api_change:
      return "api-change";
    case FailureClass::missing_tool:
      return "missing-tool";
    case FailureClass::missing_module:
      return "missing-module";
    case FailureClass::timeout:
      return "timeout";
    case FailureClass::out_of_memory:
      return "out-of-memory";
    case FailureClass::disk_full:
      return "disk-full";
    case FailureClass::excluded:
      return "excluded";
    case FailureClass::other:
      return "other";
  }
  return "";
}

std::string_view planned_word(const Plan& plan, std::size_t cell) {
  return plan.failed.contains(cell) ? word_of(Status::failed) : word_of(plan.cells[cell].verdict);
}

const std::string& planned_reason(const Plan& plan, std::size_t cell) {
  const auto failed = plan.failed.find(cell);
  return failed == plan.failed.end() || failed->second.reason.empty() ? plan.cells[cell].reason : failed->second.reason;
}

Paint paint_of(Status status) noexcept {
  switch (status) {
    case Status::built:
    case Status::cached:
    case Status::compatible:
      return Paint::good;
    case Status::excluded:
      return Paint::dim;
    case Status::failed:
      return Paint::bad;
    case Status::cancelled:
      return Paint::warn;
  }
  return Paint::plain;
}

std::string duration_text(std::chrono::milliseconds time) {
  const auto seconds = time.count() / 1000;
  if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000.0);
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string size_text(std::uint64_t bytes) {
  const auto count = static_cast<double>(bytes);
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", count / 1e9);
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", count / 1e6);
  return fmt::format("{:.1f} kB", count / 1e3);
}

}  // namespace kmpack
