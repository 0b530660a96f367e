#include "wrap/mustache.hpp"

#include <gtest/gtest.h>

#include "support/thrown.hpp"

namespace kmpack {
namespace {

std::string render(std::string_view text, const TemplateValues& values) { return render_template(text, values, "t/x.spec"); }

TEST(RenderTemplate, LeavesValuesAsTheyAre) {
  EXPECT_EQ(render("{{a}}", {.texts = {{"a", "<&\"'> {{b}} %{c}"}}}), "<&\"'> {{b}} %{c}");
}

TEST(RenderTemplate, RepeatsASectionForEachItemAndSeesOuterNames) {
  const TemplateValues values{.texts = {{"p", "x"}}, .lists = {{"items", {{.texts = {{"n", "1"}}}, {.texts = {{"n", "2"}}}}}}};
  EXPECT_EQ(render("{{#items}}\n{{p}}{{n}}\n{{/items}}\nend\n", values), "x1\nx2\nend\n");
}

TEST(RenderTemplate, KeepsASectionOverATextThatIsNotEmpty) {
  EXPECT_EQ(render("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {.texts = {{"a", "1"}}}), "yes");
  EXPECT_EQ(render("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {.texts = {{"a", ""}}}), "no");
  EXPECT_EQ(render("[{{a}}]", {.texts = {{"a", ""}}}), "[]");
}

TEST(RenderTemplate, LeavesNoLineBehindForTagsThatStandAlone) {
  EXPECT_EQ(render("a\n  {{#x}}\nb\n  {{/x}}\nc\n", {.texts = {{"x", "1"}}}), "a\nb\nc\n");
  EXPECT_EQ(render("a\n{{#x}}\nb\n{{/x}}\nc\n", {.texts = {{"x", ""}}}), "a\nc\n");
}

TEST(RenderTemplate, KeepsEmptyLinesAroundSections) {
  EXPECT_EQ(render("{{#x}}\nb\n{{/x}}\n\nc\n\n{{#x}}\n\nd\n{{/x}}\n\n", {.texts = {{"x", "1"}}}), "b\n\nc\n\n\nd\n\n");
}

TEST(RenderTemplate, ReportsAnUnknownNameWithItsPlaceAndAGuess) {
  const auto problem = test::diagnostic_thrown_by([] { render("one\n  {{versoin}}\n", {.texts = {{"version", "1"}}}); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(to_text(*problem),
            "t/x.spec:2: error: the template names 'versoin', which has no value here [template-unknown-name]\n"
            "  hint: did you mean 'version'?");
}

TEST(RenderTemplate, FindsUnknownNamesInSectionsToo) {
  const TemplateValues values{.texts = {{"empty", ""}}, .lists = {{"items", {{.texts = {{"n", "1"}}}}}}};
  EXPECT_EQ(test::code_thrown_by([&] { render("{{#items}}{{m}}{{/items}}", values); }), "template-unknown-name");
  EXPECT_EQ(test::code_thrown_by([&] { render("{{#empty}}{{m}}{{/empty}}", values); }), "template-unknown-name");
  EXPECT_EQ(test::code_thrown_by([&] { render("{{#nothing}}{{/nothing}}", values); }), "template-unknown-name");
  EXPECT_EQ(test::code_thrown_by([&] { render("{{items}}", values); }), "template-unknown-name");
}

TEST(RenderTemplate, RefusesWhatItDoesNotSpeak) {
  for (const char* text : {"{{a", "{{}}", "{{>a}}", "{{=<% %>=}}", "{{{a}}}", "{{&a}}", "{{a.b}}", "{{#a}}", "{{/a}}",
                           "{{#a}}{{#b}}{{/a}}{{/b}}", "{{A}}", "{{", "x{{#}}"}) {
    const TemplateValues values{.texts = {{"a", "1"}, {"b", "1"}}};
    EXPECT_EQ(test::code_thrown_by([&] { render(text, values); }), "template-invalid") << text;
  }
}

TEST(RenderTemplate, TellsWhichSectionIsOpen) {
  const auto problem = test::diagnostic_thrown_by([] { render("{{#a}}\n{{/b}}", {.texts = {{"a", "1"}, {"b", "1"}}}); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(to_text(*problem), "t/x.spec:2: error: section 'b' ends where 'a' is open [template-invalid]");
}

}  // namespace
}  // namespace kmpack
