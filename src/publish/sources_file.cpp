#include "publish/sources_file.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace kmpack {

std::string sources_text(const AptSource& source, std::string_view key) {
  std::string url = source.url;
  while (url.ends_with('/')) url.pop_back();
  std::string text = fmt::format("Types: deb\nURIs: {}\nSuites: {}\nComponents:", url, source.suite);
  for (const std::string& component : source.components) text += " " + component;
  if (key.empty()) return text + "\nTrusted: yes\n";
  text += "\nSigned-By:\n";
  for (const std::string_view line : split(trimmed(key), '\n')) text += fmt::format(" {}\n", line.empty() ? "." : line);
  return text;
}

}  // namespace kmpack
