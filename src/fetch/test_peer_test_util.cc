#include "fetch/test_peer_test_util.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

namespace tokcast {
namespace {

class TlsPeer final : public TestPeer {
 public:
  TlsPeer(int descriptor, SSL* tls) : TestPeer(descriptor), tls_(tls) {}
  ~TlsPeer() override { SSL_free(tls_); }

  bool receive(std::string& out) override {
    std::array<char, 16384> chunk{};
    const int got = SSL_read(tls_, chunk.data(), chunk.size());
    if (got > 0) out.append(chunk.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
  bool send(std::string_view bytes) override {
    return bytes.empty() || SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  void finish() override { SSL_shutdown(tls_); }

 private:
  SSL* tls_;
};

void sign(X509* certificate, EVP_PKEY* key) {
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* host = reinterpret_cast<const unsigned char*>("127.0.0.1");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(certificate, alternative, -1);
  X509_EXTENSION_free(alternative);
  X509_sign(certificate, key, EVP_sha256());
}

// Returns its path; mode 0600.
template <typename Write>
std::string write_temporary(Write write) {
  std::string path = (std::filesystem::temp_directory_path() / "tokcast-test-XXXXXX").string();
  if (std::FILE* out = ::fdopen(::mkstemp(path.data()), "w")) {
    write(out);
    std::fclose(out);
  }
  return path;
}

}  // namespace

TestPeer::~TestPeer() {
  ::close(descriptor_);
}

bool TestPeer::receive(std::string& out) {
  std::array<char, 16384> chunk{};
  ssize_t got = 0;
  do {
    got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) out.append(chunk.data(), static_cast<std::size_t>(got));
  return got > 0;
}

bool TestPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TestPeer::reset() {
  // What was sent shall arrive, or the test would not know where it broke; then the linger of 0 makes a RST.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void TestPeer::wait(Seconds time) const {
  pollfd end{descriptor_, POLLIN | POLLRDHUP, 0};
  ::poll(&end, 1, static_cast<int>(time.value * 1000));
}

void TestPeer::keep_little_in_flight() const {
  const int bytes = 8192;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

class TestTls::Impl {
 public:
  Impl() : context(SSL_CTX_new(TLS_server_method())) {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL, to peers that may be gone
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    sign(certificate, key);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    file = write_temporary([&](std::FILE* out) { PEM_write_X509(out, certificate); });
    key_file = write_temporary(
        [&](std::FILE* out) { PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Impl() {
    SSL_CTX_free(context);
    ::unlink(file.c_str());
    ::unlink(key_file.c_str());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  SSL_CTX* context;
  std::string file;
  std::string key_file;
};

TestTls::TestTls() : impl_(std::make_unique<Impl>()) {}
TestTls::~TestTls() = default;

std::unique_ptr<TestPeer> TestTls::accept(int descriptor) const {
  SSL* tls = SSL_new(impl_->context);
  SSL_set_fd(tls, descriptor);
  auto peer = std::make_unique<TlsPeer>(descriptor, tls);
  if (SSL_accept(tls) != 1) return nullptr;
  return peer;
}

const std::string& TestTls::certificate_file() const {
  return impl_->file;
}
const std::string& TestTls::key_file() const {
  return impl_->key_file;
}

}  // namespace tokcast
