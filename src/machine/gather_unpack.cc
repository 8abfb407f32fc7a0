// The other half of gather.h: an archive may come from anybody, so that every entry is checked before the
// first is laid out. Links come last and none has a link above it, so that nothing is ever written through
// one.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "machine/gather.h"
#include "machine/gather_bytes.h"
#include "machine/gather_paths.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

// What is to be laid out; paths begin with '/' and are normal.
struct Plan {
  std::vector<std::pair<std::string, std::string>> files{};
  std::vector<std::pair<std::string, std::string>> links{};
  std::vector<std::string> directories{};
  std::size_t bytes = 0;

  std::size_t entries() const { return files.size() + links.size() + directories.size(); }
};

std::unexpected<Error> bad(std::string_view what, std::string_view entry) {
  return fail(ErrorKind::kBadInput, "a gathered archive with " + std::string(what),
              printable(entry.substr(0, 200)), "Make a new one: `tokcast gather`.");
}

Result<void> check_room(const Plan& plan) {
  constexpr GatherLimits kLimits;
  if (plan.entries() > kLimits.entries) return bad("too many entries", "");
  if (plan.bytes > kLimits.all.value) return bad("too much in it", "");
  return {};
}

using Take = std::function<Result<void>(const std::string& path, const std::string& text)>;

// Hands over the members of the object `key`; an absent object has none.
Result<void> for_members(const Json& archive, const char* key, Plan& plan, const Take& take) {
  constexpr std::size_t kMostText = 2 * GatherLimits{}.file.value;  // base64 takes a third more
  const auto found = archive.find(key);
  if (found == archive.end()) return {};
  if (!found->is_object()) return bad("something else than an object", key);
  for (const auto& [path, value] : found->items()) {
    if (!is_normal_path(path)) return bad("a path that is not absolute and normal", path);
    if (!value.is_string()) return bad("something else than text", path);
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > kMostText) return bad("an entry that is too large", path);
    if (auto taken = take(path, text); !taken) return taken;
    plan.bytes += path.size() + text.size();
    if (auto room = check_room(plan); !room) return room;
  }
  return {};
}

Result<void> plan_files(const Json& archive, Plan& plan) {
  auto done = for_members(archive, "files", plan,
                          [&plan](const std::string& path, const std::string& text) -> Result<void> {
                            plan.files.emplace_back(path, text);
                            return {};
                          });
  if (!done) return done;
  return for_members(archive, "binary_files", plan,
                     [&plan](const std::string& path, const std::string& text) -> Result<void> {
                       auto bytes = base64_decode(text);
                       if (!bytes) return bad("something else than base64", path);
                       plan.files.emplace_back(path, std::move(*bytes));
                       return {};
                     });
}

Result<void> plan_links(const Json& archive, Plan& plan) {
  return for_members(archive, "links", plan,
                     [&plan](const std::string& path, const std::string& target) -> Result<void> {
                       if (!leads_inside(path, target)) return bad("a link that leads out of it", path);
                       plan.links.emplace_back(path, target);
                       return {};
                     });
}

Result<void> plan_directories(const Json& archive, Plan& plan) {
  const auto found = archive.find("directories");
  if (found == archive.end()) return {};
  if (!found->is_array()) return bad("something else than an array", "directories");
  for (const Json& path : *found) {
    if (!path.is_string() || !is_normal_path(path.get_ref<const std::string&>())) {
      return bad("a directory whose path is not absolute and normal", "directories");
    }
    plan.directories.push_back(path.get<std::string>());
    if (auto room = check_room(plan); !room) return room;
  }
  return {};
}

// No entry twice, and none at or below a file or a link.
Result<void> check_tree(const Plan& plan) {
  std::set<std::string_view> leaves;
  for (const auto* entries : {&plan.files, &plan.links}) {
    for (const auto& [path, unused] : *entries) {
      if (!leaves.insert(path).second) return bad("an entry twice", path);
    }
  }
  const auto check_above = [&leaves](std::string_view path) -> Result<void> {
    for (auto slash = path.rfind('/'); slash > 0; slash = path.rfind('/', slash - 1)) {
      if (leaves.contains(path.substr(0, slash))) return bad("an entry below a file or a link", path);
    }
    return {};
  };
  for (const std::string_view path : leaves) {
    if (auto fine = check_above(path); !fine) return fine;
  }
  for (const std::string& path : plan.directories) {
    if (leaves.contains(path)) return bad("an entry twice", path);
    if (auto fine = check_above(path); !fine) return fine;
  }
  return {};
}

Result<Plan> make_plan(const Json& archive) {
  if (!archive.is_object()) return bad("no object in it", "");
  const auto schema = archive.find("schema");
  if (schema == archive.end() || *schema != Json("tokcast.gather/1")) return bad("another schema", "schema");
  Plan plan;
  for (const auto part : {plan_files, plan_links, plan_directories}) {
    if (auto planned = part(archive, plan); !planned) return std::unexpected(planned.error());
  }
  if (auto fine = check_tree(plan); !fine) return std::unexpected(fine.error());
  return plan;
}

Result<void> write_new(const std::string& path, const std::string& content) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) return std::unexpected(error_from_errno(errno, "cannot write", path));
  return {};
}

Result<void> make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return std::unexpected(error_from_errno(error.value(), "cannot create directory", path.string()));
  return {};
}

Result<void> lay_out(const Plan& plan, const std::string& root) {
  for (const std::string& path : plan.directories) {
    if (auto made = make_folders(root + path); !made) return made;
  }
  for (const auto& [path, content] : plan.files) {
    if (auto made = make_folders(fs::path(root + path).parent_path()); !made) return made;
    if (auto written = write_new(root + path, content); !written) return written;
  }
  for (const auto& [path, target] : plan.links) {
    if (auto made = make_folders(fs::path(root + path).parent_path()); !made) return made;
    std::error_code error;
    fs::create_symlink(target, root + path, error);
    if (error) return std::unexpected(error_from_errno(error.value(), "cannot link", root + path));
  }
  return {};
}

}  // namespace

Result<void> unpack(const Json& archive, const std::string& directory) {
  const auto plan = make_plan(archive);
  if (!plan) return std::unexpected(plan.error());
  if (auto made = make_folders(directory); !made) return made;
  std::error_code error;
  const bool empty = fs::is_empty(directory, error);
  if (error) return std::unexpected(error_from_errno(error.value(), "cannot read directory", directory));
  if (!empty) return fail(ErrorKind::kUsage, "directory is not empty", directory, "Name a new one.");
  return lay_out(*plan, directory);
}

}  // namespace tokcast
