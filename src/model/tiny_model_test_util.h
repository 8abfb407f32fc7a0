// A llama model of 8 layers and a few kilobytes, for tests.
#ifndef TOKCAST_MODEL_TINY_MODEL_TEST_UTIL_H_
#define TOKCAST_MODEL_TINY_MODEL_TEST_UTIL_H_

#include "model/catalogue.h"
#include "model/shape.h"

namespace tokcast {

inline CatalogueRow tiny_row() {
  CatalogueRow row;
  row.id = "tiny";
  row.architecture = "llama";
  row.layers = 8;
  row.embedding_length = 64;
  row.heads = {4};
  row.kv_heads = {2};
  row.head_length = 16;
  row.feed_forward_length = {128};
  row.vocabulary = 300;
  row.context_length = 2048;
  return row;
}

inline Shape tiny_shape(std::string_view mix = "Q8_0") {
  return *shape_from_header(*expand(tiny_row(), mix), "tiny");
}

}  // namespace tokcast

#endif  // TOKCAST_MODEL_TINY_MODEL_TEST_UTIL_H_
