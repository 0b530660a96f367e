#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// What a template may name: texts, and lists of such sets for `{{#name}} … {{/name}}`. An empty list leaves its section out; a
/// section over a text is kept when the text is not empty.
struct TemplateValues {
  std::map<std::string, std::string, std::less<>> texts;
  std::map<std::string, std::vector<TemplateValues>, std::less<>> lists;
};

/// Render `{{name}}`, `{{#name}}…{{/name}}` and `{{^name}}…{{/name}}`; values come out as they are
/// (but for U+001E, which is dropped).
///
/// Shape:   tags of a section stand alone on their lines, which then leave no line behind. `{{! … }}` is a comment. No partials,
/// no lambdas,
///          no other delimiters.
/// Errors:  template-invalid, template-unknown-name, each with the place in `name` (the template's file).
/// Threads: safe from many.
/// Source:  mustache(5).
std::string render_template(std::string_view text, const TemplateValues& values, const std::filesystem::path& name);

}  // namespace kmpack
