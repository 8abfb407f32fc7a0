// Writes the seeds of gguf_fuzz into a folder: make_gguf_corpus fuzz/corpus/gguf
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "model/gguf_samples.h"

namespace {

bool write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_gguf_corpus FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  bool written = write(folder / "good", tokcast::good_gguf().file());
  for (const tokcast::MalformedGguf& seed : tokcast::malformed_ggufs()) {
    written = written && write(folder / seed.name, seed.bytes);
  }
  return written ? 0 : 1;
}
