// Environment variables for the length of a test.
#ifndef TOKCAST_FETCH_TEST_ENVIRONMENT_TEST_UTIL_H_
#define TOKCAST_FETCH_TEST_ENVIRONMENT_TEST_UTIL_H_

#include <cstdlib>
#include <string>

namespace tokcast {

// Sets one; what stood there before comes back.
class TestEnvironment {
 public:
  TestEnvironment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = getenv(name)) before_ = before;
    had_value_ = getenv(name) != nullptr;
    setenv(name, value.c_str(), 1);
  }
  ~TestEnvironment() { had_value_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
  TestEnvironment(const TestEnvironment&) = delete;
  TestEnvironment& operator=(const TestEnvironment&) = delete;

 private:
  const char* name_;
  bool had_value_ = false;
  std::string before_{};
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEST_ENVIRONMENT_TEST_UTIL_H_
