#include "speech/spoken_text.h"

#include <gtest/gtest.h>

#include "speech/speech.h"

namespace tokcast {
namespace {

TEST(SpokenText, SentencesAreTakenWhole) {
  std::string text = "One. Two? 3.5 is no end! Rest";
  EXPECT_EQ(take_sentences(text), (std::vector<std::string>{"One.", "Two?", "3.5 is no end!"}));
  EXPECT_EQ(text, " Rest");
  EXPECT_TRUE(take_sentences(text).empty());
}

TEST(SpokenText, AllOfATextComesInPieces) {
  EXPECT_EQ(pieces_to_speak("One. Two\nthree"), (std::vector<std::string>{"One.", "Two\nthree"}));
  EXPECT_TRUE(pieces_to_speak(" \n ").empty());
}

TEST(SpokenText, WhatIsLongIsCutBetweenWordsAndNothingIsLost) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word" + std::to_string(i) + " ";
  std::string together;
  for (const std::string& piece : pieces_to_speak(text)) {
    EXPECT_LE(piece.size(), kLongestPiece);
    together += piece + " ";
  }
  EXPECT_EQ(together, text);
}

TEST(SpokenText, OneEndlessWordIsCutBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 1000; ++i) text += "ä";
  std::string together;
  for (const std::string& piece : pieces_to_speak(text)) {
    EXPECT_LE(piece.size(), kLongestPiece);
    EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xC0U, 0x80U);
    together += piece;
  }
  EXPECT_EQ(together, text);
}

TEST(SpokenText, MarkupIsNotHeard) {
  EXPECT_EQ(without_markup("**Yes**,\n# see `this` \x1b[2J"), "Yes , see this 2J");
  EXPECT_EQ(without_markup("***"), "");
}

TEST(SpokenText, LettersLoseTheirAccentsAndTheRestIsLeftOut) {
  EXPECT_EQ(plain_ascii("Café “naïve” – it’s 5°"), "Cafe \"naive\" ,  it's 5 degrees ");
  EXPECT_EQ(plain_ascii("日本 😀"), "    ");
  EXPECT_EQ(plain_ascii("\xC3"), " ");  // cut in the middle
  EXPECT_EQ(plain_ascii("\xFF\x80"), " ");
}

}  // namespace
}  // namespace tokcast
