// `tokcast report` from the outside: which documents the page carries, and where it goes.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "cli_test_util.h"
#include "schema.h"

namespace tokcast {
namespace {

class ReportCommand : public Cli {
 protected:
  // What the page carries, cut out as a browser would.
  static std::string documents_in(const std::string& page) {
    constexpr std::string_view kOpens = R"(<script id="documents" type="application/json">)";
    const std::size_t begin = page.find(kOpens) + kOpens.size();
    return page.substr(begin, page.find("</script", begin) - begin);
  }
  Json documents(const std::string& page) {
    const auto json = parse_json(documents_in(page), "page");
    EXPECT_TRUE(json) << page.substr(0, 200);
    return json.value_or(Json());
  }
  std::string saved(const std::string& name, std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    write_text(home_ / name, tokcast(std::move(arguments)).standard_output);
    return home_ / name;
  }
};

TEST_F(ReportCommand, AsksEveryCommandAndSaysWhatItWasTold) {
  ASSERT_EQ(tokcast({"rehearse", kSmall, "--effort", "1"}).exit_code, 0);
  ASSERT_EQ(tokcast({"promises", "accept", kSmall}).exit_code, 0);
  const std::size_t measured = measurements();
  const ChildResult result = tokcast({"report"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(measurements(), measured) << "a report measures nothing";
  const std::string path(trim(result.standard_output));
  EXPECT_EQ(path, home_ / ".local/share/tokcast/report.html");
  const std::string page = read_text(path);
  EXPECT_EQ(schema_findings("report", documents_in(page)), "");
  std::vector<std::string> schemas;
  const Json carried = documents(page);
  for (const Json& part : carried["documents"]) schemas.push_back(part["document"]["schema"]);
  const std::vector<std::string> expected{"tokcast.machine/1",   "tokcast.recommend/1", "tokcast.recommend/1",
                                          "tokcast.recommend/1", "tokcast.recommend/1", "tokcast.promises/1",
                                          "tokcast.promise/1",   "tokcast.accuracy/1"};
  EXPECT_EQ(schemas, expected) << carried["missing"];
}

TEST_F(ReportCommand, CarriesFilesWordForWord) {
  const std::string file = saved(
      "a.json", {"forecast", kSmall, "--machine", "16c avx2 4x ddr4-2133 39GiB", "--evidence", "looked-up"});
  const ChildResult result = tokcast({"report", file, "--output", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  const Json page = documents(result.standard_output);
  ASSERT_EQ(page["documents"].size(), 1U);
  EXPECT_EQ(page["documents"][0]["document"], *parse_json(read_text(file), file));
  EXPECT_EQ(result.standard_output, tokcast({"report", file, "--output", "-"}).standard_output);
}

TEST_F(ReportCommand, NamesWhatCannotBeHad) {
  write_script(home_ / "engine/llama-bench", "exit 3\n");
  set("TOKCAST_ENGINE", home_ / "nowhere");
  const ChildResult result = tokcast({"report", "--output", home_ / "page.html"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  const Json missing = documents(read_text(home_ / "page.html"))["missing"];
  ASSERT_FALSE(missing.empty());
  EXPECT_EQ(missing[0]["command"], "tokcast recommend --use voice --effort 0 --json");
  EXPECT_TRUE(contains(result.standard_error, "without `tokcast recommend"));
}

TEST_F(ReportCommand, RefusesWhatItCannotShow) {
  write_text(home_ / "setup.json", R"({"schema": "tokcast.setup/1"})");
  write_text(home_ / "half.json", R"({"schema": )");
  EXPECT_EQ(tokcast({"report", home_ / "setup.json"}).exit_code, 34);
  EXPECT_EQ(tokcast({"report", home_ / "half.json"}).exit_code, 34);
  EXPECT_EQ(tokcast({"report", home_ / "none.json"}).exit_code, 33);
  EXPECT_EQ(tokcast({"report", "--open", "--output", "-"}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(home_ / ".local/share/tokcast/report.html"));
}

TEST_F(ReportCommand, OpensThePageInTheUsersBrowser) {
  std::filesystem::create_directory(home_ / "bin");
  write_script(home_ / "bin/xdg-open", "echo \"$1\" >" + (home_ / "opened.part") + " && mv " +
                                           (home_ / "opened.part") + " " + (home_ / "opened") + "\n");
  set("PATH", (home_ / "bin") + ":/usr/bin:/bin");
  write_text(home_ / "a.json", R"({"schema": "tokcast.promises/1"})");
  ASSERT_EQ(tokcast({"report", home_ / "a.json", "--open", "--output", home_ / "a.html"}).exit_code, 0);
  // It is not waited for.
  for (int i = 0; i < 1000 && !std::filesystem::exists(home_ / "opened"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(read_text(home_ / "opened"), (home_ / "a.html") + "\n");
}

TEST_F(ReportCommand, SaysHowToOpenItWhereNothingCan) {
  set("PATH", home_.path());
  write_text(home_ / "a.json", R"({"schema": "tokcast.promises/1"})");
  const ChildResult result = tokcast({"report", home_ / "a.json", "--open", "--output", home_ / "a.html"});
  EXPECT_EQ(result.exit_code, 33);
  EXPECT_TRUE(contains(result.standard_error, "Open it by hand: " + (home_ / "a.html")))
      << result.standard_error;
  EXPECT_TRUE(std::filesystem::exists(home_ / "a.html"));
}

}  // namespace
}  // namespace tokcast
