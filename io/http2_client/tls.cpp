#include "belfry/io/http2_client/tls.hpp"

#include "belfry/io/outbound/trust.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>

namespace belfry::io::http2 {

namespace {

constexpr std::size_t record_max = 16 * 1024;
/// So much is read from the socket at a time, however short the records are.
constexpr std::size_t read_ahead = 64 * 1024;
constexpr std::array<unsigned char, 3> h2{2, 'h', '2'};

int send_quietly(BIO* b, const char* data, int size) {
  int fd = -1;
  BIO_get_fd(b, &fd);
  BIO_clear_retry_flags(b);
  const auto n = static_cast<int>(::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL));
  if (n <= 0 && BIO_sock_should_retry(n) != 0)
    BIO_set_retry_write(b);
  return n;
}

/// The library's own way to a socket, but for the signal.
const BIO_METHOD* quiet_socket() {
  static const auto* const made = [] {
    const auto* usual = BIO_s_socket();
    auto* out = BIO_meth_new(BIO_TYPE_SOCKET, "quiet socket");
    BIO_meth_set_write(out, send_quietly);
    BIO_meth_set_read(out, BIO_meth_get_read(usual));
    BIO_meth_set_puts(out, BIO_meth_get_puts(usual));
    BIO_meth_set_ctrl(out, BIO_meth_get_ctrl(usual));
    BIO_meth_set_create(out, BIO_meth_get_create(usual));
    BIO_meth_set_destroy(out, BIO_meth_get_destroy(usual));
    return out;
  }();
  return made;
}

} // namespace

void tls_stream::release::operator()(ssl_st* x) const {
  SSL_free(x);
}

tls_stream::tls_stream(ssl_st* ssl, int fd) : ssl_(ssl) {
  auto* socket = BIO_new(quiet_socket());
  BIO_set_fd(socket, fd, BIO_NOCLOSE);
  SSL_set_bio(ssl, socket, socket);
}

tls_stream::step tls_stream::handshake() {
  ERR_clear_error();
  return step_of(SSL_do_handshake(ssl_.get()));
}

tls_stream::step tls_stream::read(std::string& out) {
  out.resize(record_max);
  ERR_clear_error();
  const auto n = SSL_read(ssl_.get(), out.data(), static_cast<int>(out.size()));
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return step_of(n);
}

tls_stream::step tls_stream::write(std::string_view& data) {
  ERR_clear_error();
  const auto n = SSL_write(ssl_.get(), data.data(), static_cast<int>(std::min(data.size(), record_max)));
  if (n > 0)
    data.remove_prefix(static_cast<std::size_t>(n));
  return step_of(n);
}

void tls_stream::shut_down() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string_view tls_stream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

tls_stream::step tls_stream::step_of(int answer) const {
  if (answer > 0)
    return step::done;
  switch (SSL_get_error(ssl_.get(), answer)) {
  case SSL_ERROR_WANT_READ:
    return step::want_read;
  case SSL_ERROR_WANT_WRITE:
    return step::want_write;
  default:
    return step::closed;
  }
}

result<std::shared_ptr<const tls_context>> tls_context::make(const std::string& ca_file) {
  auto trust = extra_trust::load(ca_file);
  if (!trust)
    return trust.error();
  auto out = std::make_shared<tls_context>();
  out->context_ = {SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  auto* context = out->context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context);
  trust->add_to(context);
  SSL_CTX_set_alpn_protos(context, h2.data(), h2.size());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, read_ahead);
  ERR_clear_error();
  return std::shared_ptr<const tls_context>(std::move(out));
}

tls_stream tls_context::open(int fd, const std::string& host, const std::optional<ip>& address) const {
  auto* ssl = SSL_new(context_.get());
  SSL_set_connect_state(ssl);
  if (address) {
    const auto skipped = address->v4 ? std::size_t{12} : 0;
    X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), address->bytes.data() + skipped, address->bytes.size() - skipped);
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set1_host(ssl, host.c_str());
  }
  return {ssl, fd};
}

} // namespace belfry::io::http2
