#include "package/templates.hpp"

#include <fmt/format.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {

std::string Templates::render(const fs::path& name, const TemplateValues& values) const {
  Diagnostic missing{.code = "template-missing",
                     .message = fmt::format("no template directory holds '{}'", name.string()),
                     .hint = "install kmpack's data files again, or correct the template directory"};
  for (const fs::path& directory : directories_) {
    const fs::path file = directory / name;
    std::error_code error;
    if (fs::is_regular_file(file, error)) return render_template(read_file(file), values, file);
    missing.notes.push_back(fmt::format("looked in {}", directory.string()));
  }
  throw Error(std::move(missing));
}

}  // namespace kmpack
