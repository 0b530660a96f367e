#include <fmt/format.h>

#include <iterator>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

std::string to_text(const Diagnostic& diagnostic) {
  std::string text;
  if (diagnostic.where && !diagnostic.where->file.empty()) {
    text += diagnostic.where->file.string();
    if (diagnostic.where->line != 0) text += fmt::format(":{}", diagnostic.where->line);
    text += ": ";
  }
  text += fmt::format("{}: {} [{}]", diagnostic.severity == Severity::error ? "error" : "warning", diagnostic.message,
                      diagnostic.code);
  for (const std::string& note : diagnostic.notes) text += fmt::format("\n  note: {}", note);
  if (diagnostic.hint) text += fmt::format("\n  hint: {}", *diagnostic.hint);
  return text;
}

void Diagnostics::report(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::append(Diagnostics other) {
  errors_ += other.errors_;
  all_.insert(all_.end(), std::make_move_iterator(other.all_.begin()), std::make_move_iterator(other.all_.end()));
}

Error::Error(Diagnostic diagnostic) : diagnostic_(std::move(diagnostic)), text_(to_text(diagnostic_)) {}

Error& Error::add_note(std::string note) {
  diagnostic_.notes.push_back(std::move(note));
  text_ = to_text(diagnostic_);
  return *this;
}

}  // namespace kmpack
