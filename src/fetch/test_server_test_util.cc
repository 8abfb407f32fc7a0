#include "fetch/test_server_test_util.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "base/text.h"
#include "fetch/test_peer_test_util.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kChunkBytes = 64U << 10U;
constexpr std::uint64_t kPacedBytes = 16U << 10U;
constexpr Seconds kLongestStall{60};  // in case that both ends wait

// The part of a file that is asked for and sent; of other answers, all of it.
struct Part {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

struct Plan {
  int status = 200;
  TestHeaders headers{};
  Part part{};
  TestFile content{};
  Fault fault{};
};

// No proxy of this machine may come between a test and its servers.
[[maybe_unused]] const bool without_proxies = [] {
  for (const char* variable : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    unsetenv(variable);
  return true;
}();

void put_header(TestHeaders& headers, const std::string& name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return equals_ignoring_case(header.first, name); });
  headers.emplace_back(name, std::move(value));
}

std::string_view reason_of(int status) {
  return status / 100 == 2 ? "OK" : status / 100 == 3 ? "Elsewhere" : "No";
}

// "bytes=A-B" or "bytes=A-".
std::optional<Part> asked_part(const SeenRequest& request, const TestFile& file) {
  std::string_view text =
      request.headers.contains("range") ? std::string_view(request.headers.at("range")) : "";
  if (!text.starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  const auto first = parse_uint(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? std::nullopt : parse_uint(text.substr(dash + 1));
  if (!first) return std::nullopt;
  const std::uint64_t end = last ? std::min(*last + 1, file.size) : file.size;
  return Part{*first, end > *first ? end - *first : 0};
}

bool is_same_version(const SeenRequest& request, const std::string& etag) {
  const std::string if_range = request.header("if-range");
  return if_range.empty() || (if_range == etag && !etag.starts_with("W/"));
}

Plan plan_file(const SeenRequest& request, const TestFile& file, const Fault& fault) {
  Plan plan{.headers = file.headers, .part = {0, file.size}, .content = file, .fault = fault};
  const std::string etag = fault.etag.value_or(file.etag);
  if (!etag.empty()) put_header(plan.headers, "ETag", etag);
  put_header(plan.headers, "Accept-Ranges", "bytes");
  const auto asked = asked_part(request, file);
  if (!asked || fault.ignore_range || !is_same_version(request, etag)) return plan;
  const auto total = static_cast<std::int64_t>(file.size) + fault.shift_total;
  if (asked->first >= file.size) {
    plan.status = 416;
    plan.part.length = 0;
    put_header(plan.headers, "Content-Range", fmt::format("bytes */{}", total));
    return plan;
  }
  plan.status = 206;
  plan.part = *asked;
  plan.part.first += static_cast<std::uint64_t>(fault.shift_range);
  const auto first = static_cast<std::int64_t>(plan.part.first) + fault.shift_range_text;
  const auto last = first + static_cast<std::int64_t>(plan.part.length) - 1;
  put_header(plan.headers, "Content-Range", fmt::format("bytes {}-{}/{}", first, last, total));
  return plan;
}

}  // namespace

TestFile TestFile::of(std::string content) {
  TestFile file;
  file.size = content.size();
  file.fill = [content = std::move(content)](std::uint64_t offset, std::span<char> out) {
    std::memcpy(out.data(), content.data() + offset, out.size());
  };
  return file;
}

TestFile TestFile::sparse(std::string head, std::uint64_t size) {
  TestFile file;
  file.size = size;
  file.fill = [head = std::move(head)](std::uint64_t offset, std::span<char> out) {
    std::size_t done = 0;
    if (offset < head.size()) {
      done = std::min<std::size_t>(out.size(), head.size() - offset);
      std::memcpy(out.data(), head.data() + offset, done);
    }
    for (; done < out.size(); ++done) {
      const std::uint64_t mixed = (offset + done) * 0x9E3779B97F4A7C15ULL;
      out[done] = static_cast<char>(mixed >> 56U);
    }
  };
  return file;
}

std::string TestFile::bytes(std::uint64_t offset, std::uint64_t length) const {
  std::string out(length, '\0');
  fill(offset, out);
  return out;
}

std::string SeenRequest::header(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? "" : found->second;
}

class TestServer::Impl {
 public:
  explicit Impl(const TestServerOptions& options) {
    if (options.tls) tls_ = std::make_unique<TestTls>();
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    [[maybe_unused]] const int bound =
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(listener_, 64);
    socklen_t length = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~Impl() {
    {
      const std::scoped_lock lock(mutex);
      stopping_ = true;
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (std::thread& thread : threads_) thread.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  struct Place {
    TestFile file{};
    std::optional<Fault> fixed{};  // an answer or a redirect
    std::deque<std::pair<Fault, unsigned>> faults{};
  };

  const std::string& certificate_file() const {
    static const std::string none;
    return tls_ ? tls_->certificate_file() : none;
  }

  int port = 0;
  mutable std::mutex mutex{};
  std::map<std::string, Place> places{};
  std::vector<SeenRequest> requests{};
  using Counter = std::atomic<std::uint64_t>;
  // Replaced by forget_requests(): what an answer of before still sends counts for nothing.
  std::shared_ptr<Counter> body_bytes = std::make_shared<Counter>(0);
  std::shared_ptr<Counter> counter() const {
    const std::scoped_lock lock(mutex);
    return body_bytes;
  }

 private:
  void accept_all() {
    for (int socket = 0; (socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      const std::scoped_lock lock(mutex);
      if (stopping_) {
        ::close(socket);
        return;
      }
      sockets_.insert(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    std::unique_ptr<TestPeer> peer = tls_ ? tls_->accept(socket) : std::make_unique<TestPeer>(socket);
    std::string unread;
    while (peer) {
      const auto request = receive(*peer, unread);
      if (!request || !respond(*peer, *request)) break;
    }
    const std::scoped_lock lock(mutex);
    sockets_.erase(socket);  // before peer closes it: its number may be given out again
    peer.reset();
  }

  static std::optional<SeenRequest> receive(TestPeer& peer, std::string& unread) {
    std::size_t end = 0;
    while ((end = unread.find("\r\n\r\n")) == std::string::npos) {
      if (!peer.receive(unread)) return std::nullopt;
    }
    SeenRequest request;
    const auto lines = split(std::string_view(unread).substr(0, end), '\n');
    const auto words = split(trim(lines.front()), ' ');
    if (words.size() != 3) return std::nullopt;
    request.method = words[0];
    request.target = words[1];
    for (const std::string_view line : std::span(lines).subspan(1)) {
      const auto colon = std::min(line.find(':'), line.size());
      request.headers[lower(line.substr(0, colon))] = trim(line.substr(std::min(colon + 1, line.size())));
    }
    unread.erase(0, end + 4);
    return request;
  }

  Plan plan_for(const SeenRequest& request) {
    const std::scoped_lock lock(mutex);
    requests.push_back(request);
    const std::string path = request.target.substr(0, request.target.find('?'));
    const auto found = places.find(path);
    if (found == places.end()) return {.status = 404};
    Place& place = found->second;
    Fault fault = place.fixed.value_or(Fault{});
    if (!place.faults.empty()) {
      fault = place.faults.front().first;
      if (--place.faults.front().second == 0) place.faults.pop_front();
    }
    Plan plan = plan_file(request, place.file, fault);
    if (fault.body) {
      plan.content = TestFile::of(*fault.body);
      plan.part = {0, plan.content.size};
      if (!fault.status) plan.status = 200;
    }
    if (fault.status) plan.status = *fault.status;
    if (fault.status && !fault.body) plan.part.length = 0;
    for (const auto& [name, value] : fault.headers) put_header(plan.headers, name, value);
    return plan;
  }

  // False: the connection ends here.
  bool respond(TestPeer& peer, const SeenRequest& request) {
    Plan plan = plan_for(request);
    const Fault& fault = plan.fault;
    if (fault.delay.value > 0) peer.wait(fault.delay);
    const bool unmeasured = fault.no_length || fault.chunked;
    if (!unmeasured) {
      const auto length = static_cast<std::int64_t>(plan.part.length) + fault.shift_length;
      put_header(plan.headers, "Content-Length", std::to_string(length));
    }
    if (fault.chunked) put_header(plan.headers, "Transfer-Encoding", "chunked");
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", plan.status, reason_of(plan.status));
    for (const auto& [name, value] : plan.headers) head += fmt::format("{}: {}\r\n", name, value);
    if (!peer.send(head + "\r\n")) return false;
    if (request.method == "HEAD") return true;
    if (!send_body(peer, plan)) return false;
    if (fault.chunked) return peer.send("0\r\n\r\n");
    if (!fault.no_length && fault.shift_length == 0) return true;
    peer.finish();
    return false;
  }

  // Where the body is cut into pieces: at faults, and so that no piece is large.
  static std::uint64_t piece_length(const Fault& fault, std::uint64_t done, std::uint64_t rest) {
    const std::uint64_t most = fault.drip ? 1 : fault.pace ? kPacedBytes : kChunkBytes;
    std::uint64_t length = std::min(rest, most);
    for (const auto& mark : {fault.reset_at, fault.close_at, fault.stall_at}) {
      if (mark && *mark > done) length = std::min(length, *mark - done);
    }
    return length;
  }

  bool send_body(TestPeer& peer, const Plan& plan) {
    const Fault& fault = plan.fault;
    const auto counted = counter();
    if (fault.pace) peer.keep_little_in_flight();
    for (std::uint64_t done = 0; done <= plan.part.length;) {
      if (fault.stall_at == done) return peer.wait(kLongestStall), false;
      if (fault.close_at == done) return false;
      if (fault.reset_at == done) return peer.reset(), false;
      if (done == plan.part.length) return true;
      const std::uint64_t length = piece_length(fault, done, plan.part.length - done);
      const std::uint64_t offset = plan.part.first + done;
      std::string piece = plan.content.bytes(offset, length);
      if (const auto flip = fault.flip_file_byte; flip && *flip >= offset && *flip - offset < length) {
        piece[*flip - offset] = static_cast<char>(piece[*flip - offset] ^ 1);
      }
      if (fault.chunked) piece = fmt::format("{:x}\r\n{}\r\n", length, piece);
      *counted += length;  // before the peer can have them, and ask
      if (!peer.send(piece)) return *counted -= length, false;
      done += length;
      if (fault.drip) peer.wait(*fault.drip);
      if (fault.pace) peer.wait(Seconds(static_cast<double>(length) / fault.pace->value));
    }
    return true;
  }

  std::unique_ptr<TestTls> tls_{};
  int listener_ = -1;
  bool stopping_ = false;
  std::set<int> sockets_{};
  std::thread acceptor_{};
  std::vector<std::thread> threads_{};
};

TestServer::TestServer(const TestServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
TestServer::~TestServer() = default;

int TestServer::port() const {
  return impl_->port;
}

std::string TestServer::url(std::string_view path) const {
  return fmt::format("{}://127.0.0.1:{}{}", certificate_file().empty() ? "http" : "https", impl_->port, path);
}

const std::string& TestServer::certificate_file() const {
  return impl_->certificate_file();
}

void TestServer::serve(const std::string& path, TestFile file) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->places[path].file = std::move(file);
  impl_->places[path].fixed.reset();
}

void TestServer::redirect(const std::string& path, const std::string& to, int status, TestHeaders headers) {
  headers.emplace_back("Location", to);
  answer(path, status, "Moved.", std::move(headers));
}

void TestServer::answer(const std::string& path, int status, std::string body, TestHeaders headers) {
  const std::scoped_lock lock(impl_->mutex);
  Impl::Place& place = impl_->places[path];
  place.file = TestFile::of("");
  place.file.etag.clear();
  place.fixed = Fault{.status = status, .headers = std::move(headers), .body = std::move(body)};
}

void TestServer::misbehave(const std::string& path, Fault fault, unsigned times) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->places[path].faults.emplace_back(std::move(fault), times);
}

void TestServer::behave(const std::string& path) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->places[path].faults.clear();
}

std::vector<SeenRequest> TestServer::requests() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->requests;
}

std::vector<SeenRequest> TestServer::requests_for(std::string_view path) const {
  std::vector<SeenRequest> out = requests();
  std::erase_if(
      out, [path](const SeenRequest& seen) { return seen.target.substr(0, seen.target.find('?')) != path; });
  return out;
}

std::uint64_t TestServer::body_bytes() const {
  return *impl_->counter();
}

void TestServer::forget_requests() {
  const std::scoped_lock lock(impl_->mutex);
  impl_->requests.clear();
  impl_->body_bytes = std::make_shared<std::atomic<std::uint64_t>>(0);
}

}  // namespace tokcast
