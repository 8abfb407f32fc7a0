#include "engine/apt_fetch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kQuestionDeadline(30);
constexpr Seconds kListsDeadline(300);
constexpr Seconds kDownloadDeadline(900);
constexpr std::array<const char*, 2> kPackages{"llama.cpp-tools", "llama.cpp-tools-extra"};
constexpr std::array<const char*, 2> kKeyrings{"/usr/share/keyrings/debian-archive-keyring.gpg",
                                               "/usr/share/keyrings/debian-archive-keyring.pgp"};

// Hooks of the system's apt would tidy the system's own caches or wake other programs; they are not for this
// state.
constexpr std::string_view kAptConfiguration =
    "#clear APT::Update::Pre-Invoke;\n"
    "#clear APT::Update::Post-Invoke;\n"
    "#clear APT::Update::Post-Invoke-Success;\n"
    "#clear DPkg::Pre-Invoke;\n"
    "#clear DPkg::Post-Invoke;\n"
    "#clear DPkg::Pre-Install-Pkgs;\n";

Result<std::string> find_keyring() {
  for (const char* keyring : kKeyrings) {
    std::error_code ignored;
    if (fs::exists(keyring, ignored)) return keyring;
  }
  return no_install_here("Debian's archive keys are not installed (package debian-archive-keyring)",
                         kKeyrings[0]);
}

Result<std::string> architecture() {
  const auto answer = run_packaging_tool({"dpkg", "--print-architecture"}, kQuestionDeadline);
  if (!answer) return std::unexpected(answer.error());
  std::string name(trim(answer->standard_output));
  if (answer->exit_code == 0 && !name.empty()) return name;
  return no_install_here("dpkg does not tell this machine's architecture");
}

// Packages that the tools' own scripts ask for, and which an engine in a private folder never uses: said to
// be there.
std::string pretended_status(const std::string& architecture) {
  std::string status;
  for (const char* package : {"debconf", "wget"}) {
    status += fmt::format("Package: {}\nStatus: install ok installed\nVersion: 999\nArchitecture: {}\n\n",
                          package, architecture);
  }
  return status;
}

// A private apt: its folders, its one source, and the options that make apt-get use them.
class PrivateApt {
 public:
  explicit PrivateApt(std::string directory) : directory_(std::move(directory)) {}

  Result<void> create(const std::string& mirror, const std::string& suite) {
    const auto keyring = find_keyring();
    if (!keyring) return std::unexpected(keyring.error());
    const auto architecture_name = architecture();
    if (!architecture_name) return std::unexpected(architecture_name.error());
    for (const char* folder : {"lists/partial", "archives/partial", "state", "cache"}) {
      std::error_code error;
      fs::create_directories(directory_ + "/" + folder, error);
      if (error)
        return std::unexpected(error_from_errno(error.value(), "cannot make this folder", directory_));
    }
    const std::string source = fmt::format("deb [signed-by={} arch={} target=Packages] {} {} main\n",
                                           *keyring, *architecture_name, mirror, suite);
    auto written = write_file(directory_ + "/sources.list", source);
    if (written) written = write_file(directory_ + "/apt.conf", kAptConfiguration);
    if (written) written = write_file(directory_ + "/status", pretended_status(*architecture_name));
    return written;
  }

  Result<ChildResult> run(const std::vector<std::string>& words, Seconds deadline) const {
    std::vector<std::string> arguments{"apt-get", "-q", "-c", directory_ + "/apt.conf"};
    for (const std::string& setting : settings()) arguments.insert(arguments.end(), {"-o", setting});
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run_packaging_tool(std::move(arguments), deadline);
  }

  std::vector<std::string> archives() const {
    std::vector<std::string> out;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory_ + "/archives", ignored)) {
      if (entry.path().extension() == ".deb") out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
  }

 private:
  std::vector<std::string> settings() const {
    std::vector<std::string> out{
        "Dir::State=" + directory_ + "/state",
        "Dir::State::lists=" + directory_ + "/lists",
        "Dir::State::status=" + directory_ + "/status",
        "Dir::Cache=" + directory_ + "/cache",
        "Dir::Cache::archives=" + directory_ + "/archives",
        "Dir::Etc::sourcelist=" + directory_ + "/sources.list",
        "Dir::Etc::sourceparts=/dev/null",
        "Dir::Etc::preferences=/dev/null",
        "Dir::Etc::preferencesparts=/dev/null",
        "APT::Default-Release=",
        "APT::Get::AllowUnauthenticated=false",
        "Acquire::AllowInsecureRepositories=false",
        "Acquire::Languages=none",
        "APT::Update::Error-Mode=any",  // else a mirror that is away is only a warning
        "Debug::NoLocking=true"};
    // As root apt fetches as another user, who cannot write into a private folder.
    if (geteuid() == 0) out.emplace_back("APT::Sandbox::User=root");
    return out;
  }

  std::string directory_;
};

// An address fit for one word of a source line.
bool is_address(std::string_view text) {
  return text.find(":/") != std::string_view::npos && !text.starts_with("cdrom:") &&
         text.find_first_of(" \t[]#'\"") == std::string_view::npos;
}

std::optional<std::string> mirror_of_targets() {
  const auto answer = run_packaging_tool(
      {"apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"},
      kQuestionDeadline);
  if (!answer || answer->exit_code != 0) return std::nullopt;
  constexpr std::string_view kDebian = "Debian|Debian|";
  for (const std::string_view line : split(answer->standard_output, '\n')) {
    if (!line.starts_with(kDebian)) continue;
    const std::string_view address = trim(line.substr(kDebian.size()));
    if (is_address(address)) return std::string(address);
  }
  return std::nullopt;
}

// "'http://mirror/debian/dists/stable/InRelease' mirror_debian_..." gives "http://mirror/debian/".
std::optional<std::string> mirror_of_uris() {
  const auto answer = run_packaging_tool({"apt-get", "update", "--print-uris"}, kQuestionDeadline);
  if (!answer || answer->exit_code != 0) return std::nullopt;
  for (std::string_view line : split(answer->standard_output, '\n')) {
    const auto end = line.find("/debian/dists/");
    if (!line.starts_with('\'') || end == std::string_view::npos) continue;
    const std::string_view address = line.substr(1, end + std::string_view("/debian/").size() - 1);
    if (is_address(address)) return std::string(address);
  }
  return std::nullopt;
}

bool ended_well(const ChildResult& result) {
  return result.exit_code == 0 && !result.timed_out;
}

// apt's errors start with "E:", the first of them names the cause; dpkg-deb's do with its name.
std::string first_complaint(const ChildResult& result) {
  for (const std::string_view line : split(result.standard_error, '\n')) {
    if (line.starts_with("E: ") || line.starts_with("dpkg-deb: error: "))
      return printable(trim(line).substr(0, 300));
  }
  return printable(trim(result.standard_error).substr(0, 300));
}

}  // namespace

Result<ChildResult> run_packaging_tool(std::vector<std::string> arguments, Seconds deadline) {
  const ChildOptions options{.arguments = std::move(arguments),
                             .environment = {{"LC_ALL", "C"}, {"DEBIAN_FRONTEND", "noninteractive"}},
                             .deadline = deadline};
  auto result = run_child(options);
  if (!result && result.error().kind == ErrorKind::kNotFound) {
    return no_install_here("there is no " + options.arguments[0] + " here");
  }
  return result;
}

Error packaging_error(ErrorKind kind, std::string_view what, const ChildResult& result, std::string place,
                      std::string fix) {
  const auto says = [&](std::string_view text) {
    return result.standard_error.find(text) != std::string::npos;
  };
  if (says("No space left") || says("enough free space")) {
    kind = ErrorKind::kDiskFull;
    fix = "Make room on this disk and try again.";
  } else if (says("NO_PUBKEY") || says("is not signed") || says("not authenticated") ||
             says("Hash Sum mismatch")) {
    kind = ErrorKind::kChecksum;
    fix = "Bring the package debian-archive-keyring up to date, or try again later.";
  }
  std::string why = first_complaint(result);
  if (result.timed_out) why = "it took too long";
  return {kind, fmt::format("{}: {}", what, why), std::move(place), std::move(fix)};
}

std::unexpected<Error> no_install_here(const std::string& why, std::string place) {
  return fail(
      ErrorKind::kUnsupported, "a private engine cannot be installed: " + why, std::move(place),
      "Install llama.cpp another way (your distribution's package, `brew install llama.cpp`, or a release "
      "archive from its project page), then run `tokcast engine use DIR` if it is not in PATH.");
}

Result<std::string> debian_mirror() {
  // Says clearly that apt itself is missing, before its answers are looked at.
  auto apt = run_packaging_tool({"apt-get", "--version"}, kQuestionDeadline);
  if (!apt) return std::unexpected(apt.error());
  if (auto mirror = mirror_of_targets()) return *mirror;
  if (auto mirror = mirror_of_uris()) return *mirror;
  if (auto go_on = check_interrupt(); !go_on) return std::unexpected(go_on.error());
  return no_install_here("the apt of this system knows no Debian mirror");
}

Result<std::vector<std::string>> fetch_packages(const std::string& mirror, const std::string& suite,
                                                const std::string& work_directory) {
  PrivateApt apt(work_directory);
  if (auto created = apt.create(mirror, suite); !created) return std::unexpected(created.error());
  const auto updated = apt.run({"update"}, kListsDeadline);
  if (!updated) return std::unexpected(updated.error());
  if (updated->standard_error.find("does not have a Release file") != std::string::npos) {
    return no_install_here(fmt::format("this mirror has no suite called {}", suite), mirror);
  }
  if (!ended_well(*updated)) {
    return std::unexpected(
        packaging_error(ErrorKind::kNetwork, "the package list cannot be fetched", *updated, mirror,
                        "Check the network, apt's proxy settings and "
                        "this machine's clock (lists past their date are refused), and try again."));
  }
  std::vector<std::string> words{"install", "--yes", "--no-install-recommends", "--download-only"};
  words.insert(words.end(), kPackages.begin(), kPackages.end());
  const auto fetched = apt.run(words, kDownloadDeadline);
  if (!fetched) return std::unexpected(fetched.error());
  if (fetched->standard_error.find("Unable to locate package") != std::string::npos) {
    return no_install_here(fmt::format("Debian {} has no llama.cpp for this architecture", suite), mirror);
  }
  if (!ended_well(*fetched)) {
    return std::unexpected(packaging_error(ErrorKind::kNetwork, "the packages cannot be fetched", *fetched,
                                           mirror, "Check the network and try again."));
  }
  return apt.archives();
}

}  // namespace tokcast
