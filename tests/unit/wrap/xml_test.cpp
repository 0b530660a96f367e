#include "wrap/xml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kmpack {
namespace {

XmlElement parsed(std::string_view text) {
  Diagnostics problems;
  auto root = parse_xml(text, "f.xml", problems);
  for (const Diagnostic& problem : problems.all()) ADD_FAILURE() << to_text(problem);
  return root ? *root : XmlElement{};
}

/// "code@line" of the only answer.
std::string refusal(std::string_view text) {
  Diagnostics problems;
  EXPECT_FALSE(parse_xml(text, "f.xml", problems).has_value()) << text;
  if (problems.all().size() != 1) return "answers: " + std::to_string(problems.all().size());
  const Diagnostic& problem = problems.all().front();
  return std::string(problem.code) + "@" + std::to_string(problem.where->line);
}

TEST(Xml, GivesElementsAttributesTextAndTheirLines) {
  const XmlElement root =
      parsed("<?xml version='1.0'?>\n<a x='1'\n y=\"2\">t1<b/>\n<!-- c --><![CDATA[<&]]> t2<b z='&#x41;&amp;'/></a>\n");
  EXPECT_EQ(root.name, "a");
  EXPECT_EQ(root.line, 2U);
  EXPECT_EQ(*root.attribute("x"), "1");
  EXPECT_EQ(root.attributes.at(1).line, 3U);
  EXPECT_EQ(root.attribute("z"), nullptr);
  ASSERT_EQ(root.children.size(), 2U);
  EXPECT_EQ(root.children[1].line, 4U);
  EXPECT_EQ(*root.children[1].attribute("z"), "A&");
  EXPECT_EQ(root.child("b"), root.children.data());
  EXPECT_EQ(root.child("c"), nullptr);
  EXPECT_EQ(root.text, "t1<& t2");
}

TEST(Xml, ReadsByteOrderMarksAndWindowsLineEnds) {
  EXPECT_EQ(parsed("\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>\r\n<a>x\r\ny</a>").text, "x\ny");
}

TEST(Xml, ReadsAnEditorsSchemaHint) {
  EXPECT_EQ(parsed("<?xml version='1.0'?>\n<?xml-model href='kmpack.rng'?>\n<a/>").name, "a");
}

TEST(Xml, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(refusal("<a>\n<b></a>"), "xml-invalid@2");
  EXPECT_EQ(refusal("<a/>\n<b/>"), "xml-invalid@2");
  EXPECT_EQ(refusal("<a x='1' x='2'/>"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a>\n\n&nbsp;</a>"), "xml-invalid@3");
  EXPECT_EQ(refusal("<a b='\n&'/>"), "xml-invalid@2");
  EXPECT_EQ(refusal("<a>&#0;</a>"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a>&#xD800;</a>"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a>&#99999999999;</a>"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a><!-- a -- b --></a>"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a><!-- open"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a><![CDATA[ open"), "xml-invalid@1");
  EXPECT_EQ(refusal("text"), "xml-invalid@1");
  EXPECT_EQ(refusal(""), "xml-invalid@0");
}

TEST(Xml, RefusesCharactersThatXmlDoesNotHave) {
  EXPECT_EQ(refusal(std::string_view("<a>\n\0</a>", 9)), "xml-invalid@2");
  EXPECT_EQ(refusal("<a>\x1b[31m</a>"), "xml-invalid@1");
  EXPECT_EQ(refusal("<a>\xEF\xBF\xBF</a>"), "xml-invalid@1");
}

TEST(Xml, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(refusal("<a>\n\xE4</a>"), "xml-encoding@2");
  EXPECT_EQ(refusal("<a>\xC0\xAF</a>"), "xml-encoding@1");
  EXPECT_EQ(refusal("<a>\xED\xA0\x80</a>"), "xml-encoding@1");
  EXPECT_EQ(refusal("<a>\xF5\x80\x80\x80</a>"), "xml-encoding@1");
  EXPECT_EQ(refusal("<a>\xE2\x82"), "xml-encoding@1");
  EXPECT_EQ(refusal(std::string_view("\xFF\xFE<\0a\0", 6)), "xml-encoding@1");
  EXPECT_EQ(refusal("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), "xml-encoding@1");
}

TEST(Xml, RefusesDocumentTypesAndEntities) {
  EXPECT_EQ(refusal("<!DOCTYPE a>\n<a/>"), "xml-doctype@1");
  EXPECT_EQ(refusal("<a>\n<!ENTITY b 'c'></a>"), "xml-doctype@2");
}

TEST(Xml, LeavesCommentsAndCdataAlone) {
  EXPECT_EQ(parsed("<a><!-- <!DOCTYPE & --><![CDATA[&x; <!DOCTYPE]]></a>").text, "&x; <!DOCTYPE");
}

TEST(Xml, IsEscapedSoThatItReadsBack) {
  const std::string awkward = "a<b>&\"c'\r]]>";
  EXPECT_EQ(parsed("<a x=\"" + xml_escaped(awkward) + "\"/>").attributes.at(0).value, awkward);
  EXPECT_EQ(parsed("<a>" + xml_escaped(awkward) + "</a>").text, awkward);
}

TEST(Xml, ThatIsNoFileIsRefused) {
  Diagnostics problems;
  EXPECT_THROW(read_xml("/dev/zero", problems), Error);
  EXPECT_THROW(read_xml("/dev", problems), Error);
  EXPECT_THROW(read_xml("/nonexistent/f.xml", problems), Error);
}

}  // namespace
}  // namespace kmpack
