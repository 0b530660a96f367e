#include "manifest/dkms/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.hpp"

namespace kmpack {
namespace {

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// May go on in the name of a file or version that began before it.
bool continues(char c) { return is_name_character(c) || std::string_view(".+-~").find(c) != std::string_view::npos; }

constexpr const char* kSourceTree = "/usr/src";

enum class Fit { none, name, computed, exact };

/// How well does a line set this element? `+=` counts, a mere use does not.
Fit fits(std::string_view line, std::string_view directive, unsigned index) {
  for (std::size_t at = line.find(directive); at != std::string_view::npos; at = line.find(directive, at + 1)) {
    if (at > 0 && (is_name_character(line[at - 1]) || std::string_view("${").find(line[at - 1]) != std::string_view::npos))
      continue;
    std::string_view rest = line.substr(at + directive.size());
    Fit fit = index == 0 ? Fit::exact : Fit::name;
    if (rest.starts_with('[')) {
      const auto end = rest.find(']');
      if (end == std::string_view::npos) continue;
      const std::string_view inside = rest.substr(1, end - 1);
      unsigned number = 0;
      const auto [stop, failed] = std::from_chars(inside.data(), inside.data() + inside.size(), number);
      if (failed != std::errc() || stop != inside.data() + inside.size()) {
        fit = Fit::computed;
      } else {
        if (number != index) continue;
        fit = Fit::exact;
      }
      rest.remove_prefix(end + 1);
    }
    if (rest.starts_with('=') || rest.starts_with("+=")) return fit;
  }
  return Fit::none;
}

}  // namespace

std::uint32_t dkms_line_of(std::string_view conf, std::string_view directive, unsigned index) {
  std::uint32_t number = 0;
  std::uint32_t best = 0;
  Fit best_fit = Fit::none;
  for (const std::string_view line : split(conf, '\n')) {
    ++number;
    if (trimmed(line).starts_with('#')) continue;
    // The last one of the same kind wins, as in bash.
    const Fit fit = fits(line, directive, index);
    if (fit == Fit::none || fit < best_fit) continue;
    best = number;
    best_fit = fit;
  }
  return best;
}

std::vector<std::uint32_t> dkms_lines_with_fixed_paths(std::string_view conf) {
  std::vector<std::uint32_t> lines;
  std::uint32_t number = 0;
  for (const std::string_view line : split(conf, '\n')) {
    ++number;
    if (trimmed(line).starts_with('#')) continue;
    for (const std::string_view path : {"/var/lib/dkms", "/usr/src", "/lib/modules"}) {
      const auto at = line.find(path);
      if (at == std::string_view::npos || (line.size() > at + path.size() && continues(line[at + path.size()]))) continue;
      lines.push_back(number);
      break;
    }
  }
  return lines;
}

DkmsPlaces::DkmsPlaces(const std::string& name, const std::string& version, const DkmsKernel& kernel)
    : release_(kernel.release.str()) {
  if (!kernel.source_dir.empty()) places_.push_back({kernel.source_dir.string(), "${kernel_source_dir}"});
  if (!release_.empty()) {
    for (const char* link : {"build", "source"}) {
      for (const char* root : {"/lib/modules/", "/usr/lib/modules/"}) {
        places_.push_back({root + release_ + "/" + link, "${kernel_source_dir}"});
      }
    }
  }
  if (!name.empty() && !version.empty()) {
    const std::string tree = "/var/lib/dkms/" + name + "/" + version + "/";
    places_.push_back({tree + "build", "${build_dir}"});
    places_.push_back({tree + "source", "${build_dir}"});
    places_.push_back({"/usr/src/" + name + "-" + version, "${build_dir}"});
  }
  // Of the trees themselves, and of what other drivers have there: those of this machine must not be meant.
  places_.push_back({"/var/lib/dkms", "${dkms_tree}"});
  places_.push_back({kSourceTree, "${source_tree}"});
  std::ranges::stable_sort(places_, [](const Place& a, const Place& b) { return a.path.size() > b.path.size(); });
}

/// Headers lie in /usr/src, too, and no cell's source tree has them.
bool DkmsPlaces::is_of_kernels(const Place& place, std::string_view rest) {
  return place.path == kSourceTree && (rest.starts_with("/linux") || rest.starts_with("/kernels"));
}

std::string DkmsPlaces::replaced_in(std::string text) const {
  std::string done;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const bool starts_word = at == 0 || !continues(text[at - 1]);
    const auto fits_here = [&](const std::string& what) {
      return starts_word && !what.empty() && rest.starts_with(what) &&
             (rest.size() == what.size() || !continues(rest[what.size()]));
    };
    const auto place = std::ranges::find_if(
        places_, [&](const Place& each) { return fits_here(each.path) && !is_of_kernels(each, rest.substr(each.path.size())); });
    if (place != places_.end()) {
      done += place->placeholder;
      at += place->path.size();
    } else if (fits_here(release_)) {
      done += "${kernelver}";
      at += release_.size();
    } else {
      done += text[at++];
    }
  }
  return done;
}

}  // namespace kmpack
