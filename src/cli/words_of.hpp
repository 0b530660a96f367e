#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "cli/console.hpp"
#include "pipeline/changes.hpp"
#include "pipeline/report.hpp"
#include "publish/repository.hpp"

namespace kmpack {

/// The one spelling of each enumerator, in texts and in JSON.
std::string_view word_of(Status status) noexcept;
std::string_view word_of(Verdict verdict) noexcept;
std::string_view word_of(Change change) noexcept;
std::string_view word_of(Step step) noexcept;
std::string_view word_of(Format format) noexcept;
std::string_view word_of(HeadersOrigin origin) noexcept;
std::string_view word_of(Compression compression) noexcept;
std::string_view word_of(PackageKind kind) noexcept;
std::string_view word_of(Arrival arrival) noexcept;
std::string_view word_of(FailureClass kind) noexcept;
/// What a plan says of a cell: its verdict, or that it cannot even be begun.
std::string_view planned_word(const Plan& plan, std::size_t cell);
/// And why.
const std::string& planned_reason(const Plan& plan, std::size_t cell);
Paint paint_of(Status status) noexcept;

/// `3.1 s`, `2:07`, `1:02:07`.
std::string duration_text(std::chrono::milliseconds time);
/// `8.4 MB`
std::string size_text(std::uint64_t bytes);

}  // namespace kmpack
