// Models as files that are served: a real shape's header, tokenizer tables of a real size, weights of
// nothing.
#ifndef TOKCAST_FETCH_TEST_MODEL_TEST_UTIL_H_
#define TOKCAST_FETCH_TEST_MODEL_TEST_UTIL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "fetch/test_server_test_util.h"
#include "model/gguf.h"

namespace tokcast {

struct TestTokenizer {
  std::uint64_t tokens = 0;
  std::uint64_t merges = 0;
};

// The counts of Llama 3's.
constexpr TestTokenizer kLargeTokenizer{128'256, 280'147};

// What stands before the weights: `header` (its offsets laid out), with the tokenizer's tables among its
// metadata.
std::string model_head(const GgufHeader& header, TestTokenizer tokenizer);

// The catalogue's model `id` as a whole file.
TestFile test_model(std::string_view id, std::string_view mix, TestTokenizer tokenizer = {});

// A whole model with random weights and a vocabulary of bytes, which llama.cpp runs and serves: of half a
// megabyte, or with the layers of the catalogue's model `id` in Q8_0.
TestFile servable_model(std::string_view id = {});

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEST_MODEL_TEST_UTIL_H_
