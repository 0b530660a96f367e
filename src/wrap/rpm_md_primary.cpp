#include <fmt/format.h>
#include <libxml/parser.h>

#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "base/owned.hpp"
#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "wrap/archive.hpp"
#include "wrap/rpm_md.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// No primary of a distribution comes near; a small file that unpacks to more is an attack.
constexpr std::uint64_t kLargestPrimary = std::uint64_t{4} << 30;
/// Longer than any value of a package that is kept.
constexpr std::size_t kLongestText = 64 * 1024;

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(text));
}

/// The attributes of one element as libxml2's SAX2 hands them over: five pointers each, name, prefix, namespace, begin, end.
class Attributes {
 public:
  Attributes(int count, const xmlChar** all) : count_(count), all_(all) {}

  [[nodiscard]] std::string_view find(std::string_view name) const {
    for (int i = 0; i < count_; ++i) {
      const xmlChar** const one = all_ + std::ptrdiff_t{i} * 5;
      if (view(one[0]) == name) return {reinterpret_cast<const char*>(one[3]), static_cast<std::size_t>(one[4] - one[3])};
    }
    return {};
  }

 private:
  int count_;
  const xmlChar** all_;
};

std::string compare_of(std::string_view flags) {
  if (flags == "EQ") return "=";
  if (flags == "GE") return ">=";
  if (flags == "GT") return ">";
  if (flags == "LE") return "<=";
  if (flags == "LT") return "<";
  return {};
}

class PrimaryReader {
 public:
  explicit PrimaryReader(const std::function<bool(std::string_view)>& wanted) : wanted_(wanted) {}

  void start(std::string_view name, const Attributes& attributes) {
    ++depth_;
    if (depth_ == 1) {
      if (name != "metadata") refuse("its root is not <metadata>");
      return;
    }
    if (depth_ == 2) {
      in_package_ = name == "package";
      skip_ = !in_package_;
      package_ = {};
      in_requires_ = false;
      return;
    }
    if (skip_) return;
    text_.clear();
    collecting_ = depth_ == 3 && (name == "name" || name == "arch" || name == "checksum");
    if (depth_ == 3) {
      take_fact(name, attributes);
    } else if (depth_ == 4) {
      in_requires_ = name == "requires";
    } else if (depth_ == 5 && in_requires_ && name == "entry") {
      take_requirement(attributes);
    }
  }

  void end(std::string_view name) {
    --depth_;
    if (depth_ == 1 && std::exchange(in_package_, false) && !skip_) {
      if (package_.name.empty()) refuse("a package has no name");
      packages_.push_back(std::move(package_));
    }
    if (depth_ != 2 || skip_) return;
    collecting_ = false;
    if (name == "name") {
      package_.name = trimmed(text_);
      skip_ = !wanted_(package_.name);
    } else if (name == "arch") {
      package_.arch = trimmed(text_);
    } else if (name == "checksum") {
      const std::string digest(trimmed(text_));
      const bool strong = (checksum_ == "sha256" && digest.size() == 64) || (checksum_ == "sha512" && digest.size() == 128);
      if (strong) package_.digest = digest;
    }
  }

  void text(std::string_view piece) {
    if (!collecting_ || skip_) return;
    if (text_.size() + piece.size() > kLongestText) refuse("a value is longer than any can be");
    text_ += piece;
  }

  [[noreturn]] static void refuse(std::string why) {
    throw Error({.code = "rpm-md-invalid",
                 .message = "primary.xml is no repository metadata: " + std::move(why),
                 .where = {},
                 .notes = {},
                 .hint = "try again later, or another mirror"});
  }

  [[nodiscard]] std::vector<RpmMdPackage> take() { return std::move(packages_); }

 private:
  void take_fact(std::string_view name, const Attributes& attributes) {
    if (name == "checksum") {
      checksum_ = attributes.find("type");
    } else if (name == "version") {
      package_.epoch = std::string(attributes.find("epoch"));
      package_.version = std::string(attributes.find("ver"));
      package_.release = std::string(attributes.find("rel"));
    } else if (name == "size") {
      const std::string_view text = attributes.find("package");
      std::from_chars(text.data(), text.data() + text.size(), package_.size);
    } else if (name == "location") {
      package_.location = std::string(attributes.find("href"));
      package_.base = std::string(attributes.find("base"));
    }
  }

  void take_requirement(const Attributes& attributes) {
    std::string version = std::string(attributes.find("ver"));
    if (const std::string_view release = attributes.find("rel"); !release.empty()) version += "-" + std::string(release);
    package_.requires_.push_back(
        {.name = std::string(attributes.find("name")), .compare = compare_of(attributes.find("flags")), .version = version});
  }

  const std::function<bool(std::string_view)>& wanted_;
  std::vector<RpmMdPackage> packages_;
  RpmMdPackage package_;
  std::string text_;
  std::string checksum_;
  int depth_ = 0;
  bool in_package_ = false;
  bool in_requires_ = false;
  bool collecting_ = false;
  bool skip_ = false;
};

/// What libxml2 calls back; an exception must not go through its frames.
struct Sax {
  PrimaryReader& reader;
  xmlParserCtxtPtr context = nullptr;
  std::exception_ptr thrown;

  template <class Work>
  void guarded(Work&& work) noexcept {
    if (thrown) return;
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
      xmlStopParser(context);
    }
  }
  static Sax& of(void* self) { return *static_cast<Sax*>(self); }

  static void start(void* self, const xmlChar* name, const xmlChar*, const xmlChar*, int, const xmlChar**, int count, int,
                    const xmlChar** attributes) noexcept {
    of(self).guarded([&] { of(self).reader.start(view(name), Attributes(count, attributes)); });
  }
  static void end(void* self, const xmlChar* name, const xmlChar*, const xmlChar*) noexcept {
    of(self).guarded([&] { of(self).reader.end(view(name)); });
  }
  static void text(void* self, const xmlChar* bytes, int size) noexcept {
    of(self).guarded([&] { of(self).reader.text({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)}); });
  }
  /// Entities could make a small file large, or read other files.
  static void doctype(void* self, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    of(self).guarded([] { PrimaryReader::refuse("it has a document type"); });
  }
};

void free_parser(xmlParserCtxtPtr context) noexcept {
  if (context->myDoc != nullptr) xmlFreeDoc(context->myDoc);
  xmlFreeParserCtxt(context);
}
using Parser = Owned<xmlParserCtxt, free_parser>;

void check(const Sax& sax, int code) {
  if (sax.thrown) std::rethrow_exception(sax.thrown);
  if (code == XML_ERR_OK) return;
  const xmlError* const error = xmlCtxtGetLastError(sax.context);
  const std::string why = error == nullptr || error->message == nullptr ? "it is not well-formed" : error->message;
  PrimaryReader::refuse(fmt::format("{} (line {})", trimmed(why), error == nullptr ? 0 : error->line));
}

}  // namespace

std::vector<RpmMdPackage> read_primary(const fs::path& file, const std::function<bool(std::string_view)>& wanted) {
  PrimaryReader reader(wanted);
  Sax sax{.reader = reader};
  xmlSAXHandler handler{};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = &Sax::start;
  handler.endElementNs = &Sax::end;
  handler.characters = &Sax::text;
  handler.cdataBlock = &Sax::text;
  handler.internalSubset = &Sax::doctype;
  // Errors are asked for afterwards; libxml2 would print them.
  handler.serror = [](void*, xmlErrorPtr) noexcept {};
  const Parser parser(xmlCreatePushParserCtxt(&handler, &sax, nullptr, 0, nullptr));
  if (!parser) throw std::bad_alloc();
  sax.context = parser.get();
  // NOENT: attributes come with references resolved; without a document type there are only XML's own.
  xmlCtxtUseOptions(parser.get(), XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
  std::uint64_t bytes = 0;
  read_compressed(file, [&](std::string_view piece) {
    bytes += piece.size();
    if (bytes > kLargestPrimary) PrimaryReader::refuse("it unpacks to more than any repository has");
    check(sax, xmlParseChunk(parser.get(), piece.data(), static_cast<int>(piece.size()), 0));
  });
  check(sax, xmlParseChunk(parser.get(), nullptr, 0, 1));
  return reader.take();
}

}  // namespace kmpack
