#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "headers/store.hpp"
#include "package/macro_spec.hpp"
#include "package/recipe.hpp"
#include "package/templates.hpp"
#include "pipeline/generate.hpp"
#include "pipeline/workspace.hpp"

namespace kmpack {

/// Writes what generate() was asked for, one manifest at a time. Private to this folder.
class GenerateWriter {
 public:
  /// The references must outlive the object. Errors: workspace-in-use.
  GenerateWriter(const GenerateRequest& wanted, Context& context, GenerateReport& report);
  ~GenerateWriter();
  GenerateWriter(const GenerateWriter&) = delete;
  GenerateWriter& operator=(const GenerateWriter&) = delete;

  void write_static(const Manifest& manifest, const std::vector<const Outcome*>& cells);
  void write_macro(const Manifest& manifest, const MacroFlavors& flavors);
  void write_debian(const Manifest& manifest, const std::vector<const Outcome*>& cells);

 private:
  RecipePart part_of(const Outcome& outcome, std::size_t number, Format format);
  std::vector<RecipePart> parts_of(const std::vector<const Outcome*>& cells, Format format, GeneratedSource& made);
  [[nodiscard]] std::filesystem::path certificate() const;
  void write_spec(const Manifest& manifest, const SourcePackage& package, GeneratedSource made);

  const GenerateRequest& wanted_;
  Context& context_;
  GenerateReport& report_;
  Workspace hold_;  ///< two runs in one workspace would take each other's files away
  std::filesystem::path workspace_;
  std::filesystem::path scratch_;
  Templates templates_;
  HeaderSources sources_;
};

}  // namespace kmpack
