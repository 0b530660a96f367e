#include "wrap/mustache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

namespace km = kainjow::mustache;

enum class TagKind { variable, section, inverted, end, comment };

struct Tag {
  TagKind kind = TagKind::variable;
  std::string_view name;
  std::size_t position = 0;
};

/// The library passes over what it does not know and has more syntax than we want, so every tag is looked at before it sees the
/// text.
class Reader {
 public:
  Reader(std::string_view text, const std::filesystem::path& name) : text_(text), name_(name) {}

  std::vector<Tag> tags() const {
    std::vector<Tag> found;
    std::size_t at = 0;
    while ((at = text_.find("{{", at)) != std::string_view::npos) {
      const std::size_t end = text_.find("}}", at + 2);
      if (end == std::string_view::npos) refuse(at, "a tag is not closed");
      found.push_back(tag(text_.substr(at + 2, end - at - 2), at));
      at = end + 2;
    }
    return found;
  }

  [[noreturn]] void refuse(std::size_t position, std::string message) const {
    throw Error({.code = "template-invalid", .message = std::move(message), .where = place(position)});
  }

  SourceSpan place(std::size_t position) const {
    const std::string_view before = text_.substr(0, position);
    const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n')) + 1;
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {.file = name_, .line = line, .column = static_cast<std::uint32_t>(position - start) + 1};
  }

 private:
  Tag tag(std::string_view body, std::size_t at) const {
    Tag tag{.position = at};
    body = trimmed(body);
    const char mark = body.empty() ? '\0' : body.front();
    switch (mark) {
      case '!':
        return {.kind = TagKind::comment, .position = at};
      case '#':
        tag.kind = TagKind::section;
        break;
      case '^':
        tag.kind = TagKind::inverted;
        break;
      case '/':
        tag.kind = TagKind::end;
        break;
      default:
        break;
    }
    tag.name = tag.kind == TagKind::variable ? body : trimmed(body.substr(1));
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (tag.name.empty() || tag.name.find_first_not_of(kLetters) != std::string_view::npos) {
      refuse(at, fmt::format("'{}' is not a name of lower-case letters, digits and '_'", tag.name));
    }
    return tag;
  }

  std::string_view text_;
  const std::filesystem::path& name_;
};

/// Holds the names that are visible at a place of the text, innermost last.
class Checker {
 public:
  Checker(const std::vector<Tag>& tags, const Reader& reader) : tags_(tags), reader_(reader) {}

  void check(const TemplateValues& values) {
    scopes_.push_back(&values);
    const std::size_t end = check_from(0, nullptr);
    if (end != tags_.size()) reader_.refuse(tags_[end].position, fmt::format("section '{}' was not opened", tags_[end].name));
  }

 private:
  std::size_t check_from(std::size_t at, const Tag* open) {
    while (at < tags_.size()) {
      const Tag& tag = tags_[at];
      if (tag.kind == TagKind::end) return closing(at, open);
      if (tag.kind != TagKind::comment) need(tag);
      const bool section = tag.kind == TagKind::section || tag.kind == TagKind::inverted;
      at = section ? check_section(at) : at + 1;
    }
    if (open != nullptr) reader_.refuse(open->position, fmt::format("section '{}' is not closed", open->name));
    return at;
  }

  std::size_t closing(std::size_t at, const Tag* open) const {
    if (open != nullptr && open->name != tags_[at].name) {
      reader_.refuse(tags_[at].position, fmt::format("section '{}' ends where '{}' is open", tags_[at].name, open->name));
    }
    return at;
  }

  std::size_t check_section(std::size_t at) {
    const Tag& tag = tags_[at];
    const std::vector<TemplateValues>* items = list(tag.name);
    std::size_t end = 0;
    if (items == nullptr || items->empty() || tag.kind == TagKind::inverted) {
      // Names of the items of an empty list cannot be known; the section is left out all the same.
      const unsigned unknown = items != nullptr && tag.kind == TagKind::section ? 1 : 0;
      blind_ += unknown;
      end = check_from(at + 1, &tag);
      blind_ -= unknown;
    } else {
      for (const TemplateValues& item : *items) {
        scopes_.push_back(&item);
        end = check_from(at + 1, &tag);
        scopes_.pop_back();
      }
    }
    return end + 1;
  }

  const std::vector<TemplateValues>* list(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (const auto found = (*scope)->lists.find(name); found != (*scope)->lists.end()) return &found->second;
      if ((*scope)->texts.contains(name)) return nullptr;
    }
    return nullptr;
  }

  void need(const Tag& tag) const {
    std::vector<std::string> known;
    for (const TemplateValues* scope : scopes_) {
      if (scope->texts.contains(tag.name)) return;
      if (tag.kind != TagKind::variable && scope->lists.contains(tag.name)) return;
      for (const auto& [name, unused] : scope->texts) known.push_back(name);
      for (const auto& [name, unused] : scope->lists) known.push_back(name);
    }
    if (blind_ > 0) return;
    const std::optional<std::string> guess = nearest(tag.name, known);
    throw Error({.code = "template-unknown-name",
                 .message = fmt::format("the template names '{}', which has no value here", tag.name),
                 .where = reader_.place(tag.position),
                 .hint = guess ? std::optional(fmt::format("did you mean '{}'?", *guess)) : std::nullopt});
  }

  const std::vector<Tag>& tags_;
  const Reader& reader_;
  std::vector<const TemplateValues*> scopes_;
  unsigned blind_ = 0;
};

/// Stands for a newline while the library works: its own rule for lines of tags leaves an empty line behind where a section is
/// left out, and takes a wanted one away behind a section that is kept (kainjow/Mustache 4.1).
constexpr char kNewline = '\x1e';

std::string held(std::string value) {
  std::erase(value, kNewline);
  return value;
}

bool is_lone_tag(std::string_view line) {
  const std::string_view tag = trimmed(line);
  return tag.size() > 4 && tag.find("}}") == tag.size() - 2 && std::string_view("#^/!").find(tag[2]) != std::string_view::npos &&
         tag.starts_with("{{");
}

/// The template on one line, without the line ends of tags that stand alone.
std::string on_one_line(std::string_view text) {
  std::string out;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    const bool lone = is_lone_tag(line);
    out += lone ? trimmed(line) : line;
    if (!lone && end < text.size()) out += kNewline;
    start = end + 1;
  }
  return out;
}

km::data to_data(const TemplateValues& values) {
  km::data data(km::data::type::object);
  for (const auto& [name, text] : values.texts) {
    // The library keeps a section over an empty string; false prints as nothing and leaves the section out.
    data.set(name, text.empty() ? km::data(false) : km::data(held(text)));
  }
  for (const auto& [name, items] : values.lists) {
    km::data list(km::data::type::list);
    for (const TemplateValues& item : items) list.push_back(to_data(item));
    data.set(name, list);
  }
  return data;
}

}  // namespace

std::string render_template(std::string_view text, const TemplateValues& values, const std::filesystem::path& name) {
  const Reader reader(text, name);
  const std::vector<Tag> tags = reader.tags();
  Checker(tags, reader).check(values);
  km::mustache engine{on_one_line(text)};
  engine.set_custom_escape([](const std::string& value) { return value; });
  std::string rendered = engine.render(to_data(values));
  if (!engine.is_valid()) reader.refuse(0, engine.error_message());
  std::ranges::replace(rendered, kNewline, '\n');
  return rendered;
}

}  // namespace kmpack
