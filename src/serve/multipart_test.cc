#include "serve/multipart.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=x--y";

std::string part(const std::string& head, const std::string& content) {
  return "--x--y\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
}

std::string form(const std::string& parts) {
  return parts + "--x--y--\r\n";
}

TEST(Multipart, FieldsAndFilesAreFound) {
  const std::string body =
      form(part("name=\"model\"", "whisper-1") +
           part("filename=\"a \\\"b\\\";name=c.wav\"; name=\"file\"\r\nContent-Type: audio/wav",
                std::string("\0\r\n--x\r\n\r\n", 11)));
  const auto fields = read_multipart("Multipart/Form-Data;charset=x; boundary=\"x--y\"", body);
  ASSERT_TRUE(fields) << describe(fields.error());
  ASSERT_EQ(fields->size(), 2U);
  EXPECT_EQ((*fields)[0].name, "model");
  EXPECT_EQ((*fields)[0].content, "whisper-1");
  EXPECT_EQ((*fields)[1].name, "file");
  EXPECT_EQ((*fields)[1].file_name, "a \"b\";name=c.wav");
  EXPECT_EQ((*fields)[1].content, std::string_view("\0\r\n--x\r\n\r\n", 11));
}

TEST(Multipart, AnEmptyFieldIsEmpty) {
  const std::string body = form(part("name=a", ""));
  EXPECT_EQ(read_multipart(kType, body).value().front().content, "");
}

TEST(Multipart, EveryTruncationIsRefused) {
  const std::string whole = form(part("name=a", "one") + part("name=b", "two"));
  for (std::size_t size = 0; size + 4 <= whole.size(); ++size) {
    EXPECT_FALSE(read_multipart(kType, whole.substr(0, size))) << size;
  }
}

TEST(Multipart, HostileFormsAreRefused) {
  const std::string good = form(part("name=a", "one"));
  for (const char* type : {"", "application/json", "multipart/form-data", "multipart/form-data; boundary=",
                           "multipart/form-data; boundary=\"x--y", "multipart/mixed; boundary=x--y"}) {
    EXPECT_FALSE(read_multipart(type, good)) << type;
  }
  EXPECT_FALSE(read_multipart("multipart/form-data; boundary=" + std::string(71, 'x'), good));
  std::string many;
  for (int i = 0; i < 33; ++i) many += part("name=a", "");
  EXPECT_FALSE(read_multipart(kType, form(many)));
  EXPECT_FALSE(read_multipart(kType, form(part("filename=nameless", "one"))));
  EXPECT_FALSE(read_multipart(kType, form(part("name=a\r\nX: " + std::string(5000, 'x'), "one"))));
  EXPECT_FALSE(read_multipart(kType, form("--x--y\r\nno header\r\n")));
  EXPECT_FALSE(read_multipart(kType, "--x--ynot a line"));
}

}  // namespace
}  // namespace tokcast
