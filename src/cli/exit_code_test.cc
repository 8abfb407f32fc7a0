#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <set>

namespace tokcast {
namespace {

TEST(ExitCode, IsZeroForNoErrorAndNoVerdictButKeeps) {
  EXPECT_EQ(exit_code(Verdict::kKeeps), ExitCode::kDone);
  for (const Verdict verdict :
       {Verdict::kAtRisk, Verdict::kBreaks, Verdict::kDoesNotFit, Verdict::kUnknown}) {
    EXPECT_NE(exit_code(verdict), ExitCode::kDone);
  }
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInterrupted); ++kind) {
    EXPECT_NE(exit_status({static_cast<ErrorKind>(kind), "it failed"}), 0) << kind;
  }
}

TEST(ExitCode, OfAVerdictDiffersFromTheOthers) {
  std::set<ExitCode> codes;
  for (int verdict = 0; verdict <= static_cast<int>(Verdict::kUnknown); ++verdict) {
    codes.insert(exit_code(static_cast<Verdict>(verdict)));
  }
  EXPECT_EQ(codes.size(), 5);
}

TEST(ExitCode, OfAModelThatDoesNotFitIsTheSameAsErrorAndAsVerdict) {
  EXPECT_EQ(exit_status({ErrorKind::kDoesNotFit, "too large"}),
            static_cast<int>(exit_code(Verdict::kDoesNotFit)));
}

TEST(ExitCode, FollowsTheTableOfTheHelpText) {
  EXPECT_EQ(exit_status({ErrorKind::kIo, ""}), 1);
  EXPECT_EQ(exit_status({ErrorKind::kUsage, ""}), 2);
  EXPECT_EQ(exit_status({ErrorKind::kDiskFull, ""}), 30);
  EXPECT_EQ(exit_status({ErrorKind::kChecksum, ""}), 31);
  EXPECT_EQ(exit_status({ErrorKind::kNetwork, ""}), 32);
  EXPECT_EQ(exit_status({ErrorKind::kNotFound, ""}), 33);
  EXPECT_EQ(exit_status({ErrorKind::kBadInput, ""}), 34);
  EXPECT_EQ(exit_status({ErrorKind::kInterrupted, ""}), 130);
}

}  // namespace
}  // namespace tokcast
