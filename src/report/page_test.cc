#include "report/page.h"

#include <gtest/gtest.h>

#include "report/built_in.h"

namespace tokcast {
namespace {

constexpr std::string_view kOpens = R"(<script id="documents" type="application/json">)";

Report report_of(Json document) {
  return {.tool_version = "1", .parts = {{"tokcast probe --json", std::move(document)}}};
}

// What stands in the element that holds the documents, as a browser would cut it out.
std::string documents_in(const std::string& page) {
  const std::size_t begin = page.find(kOpens) + kOpens.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST(ReportPage, CarriesTheDocumentsAsTheyAre) {
  const Report report = report_of({{"schema", "tokcast.machine/1"}, {"name", "a & b"}, {"cores", 2}});
  const auto read = parse_json(documents_in(report_page(report)), "page");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, report_to_json(report));
}

TEST(ReportPage, IsTheSameForTheSameDocuments) {
  const Report report = report_of({{"schema", "tokcast.machine/1"}});
  EXPECT_EQ(report_page(report), report_page(report));
}

TEST(ReportPage, LetsNoTextEndTheElementItIsIn) {
  for (const char* text : {"</script><script>alert(1)</script>", "<!--<script>", "</ScRiPt >", "]]>"}) {
    const Report report = report_of({{"schema", "tokcast.machine/1"}, {"name", text}});
    const std::string page = report_page(report);
    EXPECT_EQ(documents_in(page).find('<'), std::string::npos) << text;
    const auto read = parse_json(documents_in(page), "page");
    ASSERT_TRUE(read) << text;
    EXPECT_EQ((*read)["documents"][0]["document"]["name"], text);
  }
}

TEST(ReportPage, HoldsAsciiOnlyWhereDocumentsAre) {
  const std::string documents =
      documents_in(report_page(report_of({{"schema", "tokcast.machine/1"}, {"name", "\u2028 5–6 \xff"}})));
  for (const char c : documents) EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
}

TEST(ReportPage, TakesADocumentThatLooksLikeItsOwnMark) {
  const std::string page = report_page(report_of({{"schema", "tokcast.machine/1"}, {"name", "@documents@"}}));
  EXPECT_EQ(count(page, "@documents@"), 1U);
  EXPECT_EQ(count(page, "tokcast.report/1"), count(page_template(), "tokcast.report/1") + 1);
}

TEST(ReportPage, MayFetchOnlyWhereItIsServedWithFiguresOfNow) {
  Report report = report_of({{"schema", "tokcast.machine/1"}});
  EXPECT_EQ(count(report_page(report), "connect-src"), 0U);
  EXPECT_EQ(count(report_page(report), "@connect@"), 0U);
  report.live_path = "v1/tokcast/status";
  const std::string page = report_page(report);
  EXPECT_EQ(count(page, "img-src data:; connect-src 'self'\">"), 1U);
  const auto read = parse_json(documents_in(page), "page");
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)["live"]["path"], "v1/tokcast/status");
}

TEST(ReportPage, IsServedWithThePolicyThatItHas) {
  Report report = report_of({{"schema", "tokcast.machine/1"}});
  report.live_path = "v1/tokcast/status";
  const std::string policy = served_page_policy();
  EXPECT_TRUE(policy.starts_with("default-src 'none'; ")) << policy;
  EXPECT_TRUE(policy.ends_with("frame-ancestors 'none'")) << policy;
  const std::string own = policy.substr(0, policy.find("; base-uri"));
  EXPECT_EQ(count(report_page(report), "content=\"" + own + "\">"), 1U) << own;
  EXPECT_EQ(count(policy, "script-src 'sha256-"), 1U);
  EXPECT_EQ(count(policy, "\n"), 0U);
}

TEST(PageTemplate, HasOnePlaceForDocumentsAndAsksNothingOfTheNetwork) {
  const std::string_view page = page_template();
  EXPECT_EQ(count(page, "@documents@"), 1U);
  EXPECT_EQ(count(page, "@connect@"), 1U);
  EXPECT_EQ(count(page, "default-src 'none'"), 1U);
  EXPECT_EQ(count(page, "<script src"), 0U);
  EXPECT_EQ(count(page, "<link rel=\"stylesheet\""), 0U);
}

TEST(ReportDocuments, AreThoseThatThePageDraws) {
  EXPECT_TRUE(check_drawable({{"schema", "tokcast.promises/1"}}, "a.json"));
  for (const Json& other : {Json{{"schema", "tokcast.setup/1"}}, Json::object(), Json::array(), Json(3),
                            Json{{"schema", 3}}, Json()}) {
    const auto checked = check_drawable(other, "a.json");
    ASSERT_FALSE(checked) << other;
    EXPECT_EQ(checked.error().kind, ErrorKind::kBadInput);
    EXPECT_EQ(checked.error().place, "a.json");
  }
}

}  // namespace
}  // namespace tokcast
