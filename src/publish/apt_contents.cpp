#include "publish/apt_contents.hpp"

#include "base/text.hpp"

namespace kmpack {

AptContents parse_contents(std::string_view text) {
  AptContents contents;
  for (const std::string_view line : split(text, '\n')) {
    // A path may have blanks; the packages behind it have none.
    const std::size_t blank = line.find_last_of(" \t");
    if (blank == std::string_view::npos) continue;
    std::string_view path = line.substr(0, blank);
    while (path.ends_with(' ') || path.ends_with('\t')) path.remove_suffix(1);
    for (const std::string_view package : split(line.substr(blank + 1), ',')) contents[std::string(path)].emplace(package);
  }
  return contents;
}

std::string contents_text(const AptContents& contents) {
  std::string text;
  for (const auto& [path, packages] : contents) {
    char before = ' ';
    text += path;
    for (const std::string& package : packages) {
      text += before + package;
      before = ',';
    }
    text += '\n';
  }
  return text;
}

}  // namespace kmpack
