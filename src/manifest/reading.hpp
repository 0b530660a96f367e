#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "kmpack/diagnostic.hpp"
#include "wrap/xml.hpp"

namespace kmpack {

/// One value the user wrote, where it stands and how messages call it.
struct Field {
  std::string text;
  std::uint32_t line = 0;
  std::string what;  ///< "attribute 'name' of <package>", "<summary>"
};

/// One pass over one manifest: where it lies and where its mistakes go.
class Reading {
 public:
  Reading(std::filesystem::path file, Diagnostics& problems);

  void error(std::string_view code, std::string message, std::uint32_t line, std::optional<std::string> hint = {});
  [[nodiscard]] SourceSpan at(std::uint32_t line) const { return {file_, line, 0}; }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// Absolute: what relative paths of the manifest start from.
  [[nodiscard]] const std::filesystem::path& base() const noexcept { return base_; }
  [[nodiscard]] Diagnostics& problems() noexcept { return problems_; }
  /// True once so many mistakes were reported that more would help nobody.
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

  /// An attribute as one line without blanks round it. Nothing when it is absent or was reported (value-empty, text-invalid).
  std::optional<Field> attribute(const XmlElement& element, std::string_view name);
  /// The element's text, in the same way.
  std::optional<Field> line_in(const XmlElement& element);

 private:
  std::optional<Field> one_line(Field field);

  std::filesystem::path file_;
  std::filesystem::path base_;
  Diagnostics& problems_;
  std::size_t before_;
  bool exhausted_ = false;
};

/// User text for a message: in quotes, cut when long, control characters as `\xNN`.
std::string shown(std::string_view text);

/// "did you mean 'x'?", else the list of what is known, else nothing.
std::optional<std::string> suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace kmpack
