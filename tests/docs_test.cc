// What the documents say of commands and of tests holds.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "cli_test_util.h"

namespace tokcast {
namespace {

std::string document(const std::string& name) {
  return read_text(std::string(TOKCAST_SOURCE_DIR) + "/docs/" + name);
}

// A command of a ```console block, and what the document says it prints: pieces, with anything between them.
struct Session {
  std::string command;
  int exit_code = 0;
  std::vector<std::string> pieces{""};
};

// Runs of white space as one space and numbers as '#': lines break where the terminal ends, and figures are
// the machine's.
std::string words_of(const std::string& text) {
  const std::string spaced = std::regex_replace(text, std::regex("\\s+"), " ");
  return std::string(trim(std::regex_replace(spaced, std::regex("[0-9][0-9.,]*"), "#")));
}

Session session_of(const std::string& line) {
  static const std::regex exits(" # exits with ([0-9]+)$");
  Session out{.command = line.substr(2)};
  if (std::smatch found; std::regex_search(line, found, exits)) {
    out.exit_code = std::stoi(found[1]);
    out.command = std::regex_replace(out.command, exits, "");
  }
  return out;
}

std::vector<Session> sessions_in(const std::string& text) {
  std::vector<Session> out;
  bool inside = false;
  for (const std::string_view view : split(text, '\n')) {
    const std::string line(view);
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      out.push_back(session_of(line));
    } else if (inside && line == "...") {
      out.back().pieces.emplace_back();
    } else if (inside) {
      out.back().pieces.back() += line + "\n";
    }
  }
  return out;
}

class DocsTest : public Cli {
 protected:
  DocsTest() {
    set("PATH", std::filesystem::path(TOKCAST_BINARY).parent_path().string() + ":/usr/bin:/bin");
    std::filesystem::copy_file(std::string(TOKCAST_REGISTRIES) + "/light-medium-heavy.json",
                               home_ / "old.json");
  }

  void expect(const Session& session) {
    const ChildResult result = run({"sh", "-c", "cd \"$HOME\" && " + session.command});
    const std::string said = result.standard_output + result.standard_error;
    EXPECT_EQ(result.exit_code, session.exit_code) << session.command << "\n" << said;
    const std::string words = words_of(said);
    std::size_t at = 0;
    for (const std::string& piece : session.pieces) {
      const std::size_t found = words.find(words_of(piece), at);
      EXPECT_NE(found, std::string::npos) << session.command << "\ndoes not say\n"
                                          << piece << "but\n"
                                          << said;
      if (found != std::string::npos) at = found;
    }
  }
};

TEST_F(DocsTest, AnswerTheQuestionsWithTheCommandsTheyShow) {
  const std::vector<Session> sessions = sessions_in(document("FAQ.md"));
  EXPECT_GE(sessions.size(), 10U);
  for (const Session& session : sessions) expect(session);
}

TEST_F(DocsTest, NameOnlyTestsThatExist) {
  std::set<std::string> tests;
  const std::regex definition("TEST(?:_F|_P)?\\((\\w+),\\s*(\\w+)\\)");
  for (const char* folder : {"/src", "/tests"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(TOKCAST_SOURCE_DIR + std::string(folder))) {
      if (!file.path().string().ends_with("_test.cc")) continue;
      const std::string text = read_text(file.path());
      for (std::sregex_iterator at(text.begin(), text.end(), definition), end; at != end; ++at)
        tests.insert((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  const std::string text = document("SECURITY.md");
  const std::regex name("`([A-Z]\\w+\\.[A-Z]\\w+)`");
  std::size_t named = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at, ++named)
    EXPECT_TRUE(tests.contains((*at)[1])) << (*at)[1] << " is no test";
  EXPECT_GE(named, 30U);
}

// `./test` runs those that have seeds, and people those that they are told of.
TEST_F(DocsTest, NameEveryFuzzerAndEachHasSeeds) {
  const std::filesystem::path root = TOKCAST_SOURCE_DIR;
  const std::string text = read_text(root / "HACKING.md");
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(root / "fuzz")) {
    const std::string source = file.path().filename();
    const std::size_t end = source.find("_fuzz.cc");
    if (end == std::string::npos) continue;
    const std::string name = source.substr(0, end);
    EXPECT_TRUE(contains(text, "\n| `" + name + "` |")) << name;
    EXPECT_TRUE(std::filesystem::exists(root / "fuzz/corpus" / name)) << name;
    ++count;
  }
  EXPECT_GE(count, 15U);
}

}  // namespace
}  // namespace tokcast
