#include "setup/env_file.h"

#include <gtest/gtest.h>

#include <string>

namespace tokcast {
namespace {

EnvFile parsed(std::string_view text) {
  auto file = EnvFile::parse(text, "test");
  EXPECT_TRUE(file) << describe(file.error());
  return *file;
}

std::string after_set(std::string_view text, std::string_view key, std::string_view value) {
  EnvFile file = parsed(text);
  EXPECT_TRUE(file.set(key, value));
  EXPECT_EQ(file.get(key), value);
  EXPECT_EQ(parsed(file.text()).get(key), value) << file.text();
  return file.text();
}

TEST(EnvFile, ReadsWhatDotenvReads) {
  const EnvFile file = parsed(
      "A=1\n"
      "  export B = two words  # comment\n"
      "C='single # no comment'\n"
      "D=\"double \\\"quoted\\\" \\$5\"\n"
      "E=\"over\nlines\"\n"
      "F=\n"
      "G=a#b\n"
      "#H=1\n"
      "A=2\n");
  EXPECT_EQ(file.get("A"), "2");
  EXPECT_EQ(file.get("B"), "two words");
  EXPECT_EQ(file.get("C"), "single # no comment");
  EXPECT_EQ(file.get("D"), "double \"quoted\" $5");
  EXPECT_EQ(file.get("E"), "over\nlines");
  EXPECT_EQ(file.get("F"), "");
  EXPECT_EQ(file.get("G"), "a#b");
  EXPECT_EQ(file.get("H"), std::nullopt);
}

TEST(EnvFile, AnAssignmentInsideAQuotedValueIsNone) {
  EXPECT_EQ(parsed("A='\nB=1\n'\n").get("B"), std::nullopt);
}

TEST(EnvFile, ChangesNoOtherByte) {
  EXPECT_EQ(after_set("# mine\n\nX=1\nexport A = old  # why\nnonsense line\nY='2'\n", "A", "new"),
            "# mine\n\nX=1\nexport A = new  # why\nnonsense line\nY='2'\n");
}

TEST(EnvFile, ACommentBehindAnEmptyValueStaysOne) {
  EXPECT_EQ(after_set("A= # why\n", "A", "new"), "A= new # why\n");
  EXPECT_EQ(after_set("A=#why\n", "A", "new"), "A=new #why\n");
}

TEST(EnvFile, WhatStandsBehindAQuotedValueDoesNotBecomePartOfTheNewOne) {
  EXPECT_EQ(after_set("A='old'rest\n", "A", "new"), "A='new'rest\n");
  EXPECT_EQ(after_set("A=\"old\" rest\n", "A", "new"), "A='new' rest\n");
}

TEST(EnvFile, AppendsWhatIsNotThere) {
  EXPECT_EQ(after_set("", "A", "1"), "A=1\n");
  EXPECT_EQ(after_set("X=1", "A", "1"), "X=1\nA=1\n");
  EXPECT_EQ(after_set("X=1\r\n", "A", "1"), "X=1\r\nA=1\r\n");
  EXPECT_EQ(after_set("#A=0\n", "A", "1"), "#A=0\nA=1\n");
}

TEST(EnvFile, TheLastAssignmentCountsAndIsTheOneThatChanges) {
  EXPECT_EQ(after_set("A=1\nA=2\n", "A", "3"), "A=1\nA=3\n");
}

TEST(EnvFile, AValueThatIsThereChangesNothing) {
  EXPECT_EQ(after_set("A=\"x y\"\n", "A", "x y"), "A=\"x y\"\n");
}

TEST(EnvFile, ReplacesAValueOverSeveralLines) {
  EXPECT_EQ(after_set("A=\"one\ntwo\" # c\nB=1\n", "A", "x"), "A='x' # c\nB=1\n");
}

TEST(EnvFile, QuotesWhatNeedsIt) {
  EXPECT_EQ(env_quoted("/a/b-c_d.gguf"), "/a/b-c_d.gguf");
  EXPECT_EQ(env_quoted("a b"), "'a b'");
  EXPECT_EQ(env_quoted("$HOME"), "'$HOME'");
  EXPECT_EQ(env_quoted("it's $5"), "\"it's \\$5\"");
  for (const char* value : {"", "a b", "a'b", "a\"b'c\\$d", "#x", " x ", "=", "`id`", "\xc3\xa4"}) {
    after_set("Z=1\n", "A", value);
  }
}

TEST(EnvFile, RefusesWhatIsNoEnvFile) {
  const auto wrong = EnvFile::parse("A=1\nB=\"never\nclosed", "mine");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(wrong.error().place, "mine: line 2");
  EXPECT_FALSE(EnvFile::parse(std::string_view("A\0", 2), "mine"));
  EXPECT_FALSE(EnvFile::parse(std::string((1 << 20) + 1, 'x'), "mine"));
  EnvFile file = parsed("");
  EXPECT_FALSE(file.set("A B", "1"));
  EXPECT_FALSE(file.set("A", "1\n2"));
  EXPECT_FALSE(file.set("", "1"));
}

TEST(EnvFile, ACommentIsWrittenOnce) {
  EnvFile file = parsed("A=1");
  file.comment("Written by a test");
  file.comment("Written by a test");
  EXPECT_EQ(file.text(), "A=1\n# Written by a test\n");
}

}  // namespace
}  // namespace tokcast
