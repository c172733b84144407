#include "belfry/io/http_client/transfer.hpp"

#include "belfry/io/outbound/header_rules.hpp"
#include "belfry/io/outbound/name_resolver.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <strings.h>
#include <utility>

namespace belfry::io {

namespace {

constexpr std::size_t body_max = 64 * 1024;
constexpr long buffer_size = 16 * 1024;
constexpr std::string_view retry_after_name = "retry-after:";

/// What goes wrong in curl, as far as a delivery must know.
transport_error from_curl(CURLcode code) {
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return transport_error::timeout;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  // What came was no HTTP.
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_WEIRD_SERVER_REPLY:
    return transport_error::connect;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_SHUTDOWN_FAILED:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_USE_SSL_FAILED:
    return transport_error::tls;
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_PROXY:
    return transport_error::proxy;
  case CURLE_URL_MALFORMAT:
    return transport_error::bad_url;
  default:
    return transport_error::other;
  }
}

std::string to_text(const ip& x) {
  char out[INET6_ADDRSTRLEN] = {};
  if (x.v4)
    ::inet_ntop(AF_INET, x.bytes.data() + 12, out, sizeof(out));
  else
    ::inet_ntop(AF_INET6, x.bytes.data(), out, sizeof(out));
  return x.v4 ? out : "[" + std::string(out) + "]";
}

} // namespace

transfer::transfer(transfer_context& context) : context_(context), easy_(curl_easy_init()) {
  set_lasting_options();
}

transfer::~transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(pinned_);
}

void transfer::set_lasting_options() {
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, buffer_size);
  curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, buffer_size);
  // A name server that hangs must not hold up the thread when the request has timed out.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_SHARE, context_.share);
  // Proxies come from the options alone, never from the environment.
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy_, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, write_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, write_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  // A kept connection outlives the transfer that opened it.
  curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETDATA, &context_.sockets);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  // Without a folder curl keeps the parsed bundle; with one it would read all of it for each connection.
  curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy_, CURLOPT_PROXY_CAPATH, nullptr);
  if (!context_.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, context_.ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXY_CAINFO, context_.ca_file.c_str());
  }
  if (!std::atomic_load(&context_.trust)->empty()) {
    curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
    curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, this);
  }
}

transport_error transfer::prepare(http_job& job, const std::shared_ptr<const target>& where, const std::string& proxy,
                                  std::chrono::milliseconds time_left) {
  job_ = std::move(job);
  if (!set_headers()) {
    job = std::move(job_);
    return transport_error::other;
  }
  answer_ = {};
  answered_ = refused_ = socket_opened_ = begun_ = repeated_ = false;
  if (fresh_ != job_.request.fresh_connection) {
    fresh_ = job_.request.fresh_connection;
    curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, fresh_ ? 1L : 0L);
  }
  if (target_ != where) {
    target_ = where;
    curl_easy_setopt(easy_, CURLOPT_CURLU, target_->url.get());
  }
  set_method();
  set_proxy(proxy);
  set_time_limits(time_left);
  distrust_what_curl_kept();
  if (context_.settings.lookup)
    pin_test_addresses();
  return transport_error::none;
}

/// Curl keeps the certificates of the first connection, ours among them, for a day: once they were read again, only for
/// as long as that is ago.
void transfer::distrust_what_curl_kept() {
  const std::chrono::steady_clock::duration read_at{context_.trust_read_at.load()};
  if (read_at.count() == 0)
    return;
  constexpr long day = 24L * 3'600;
  const auto ago = std::chrono::steady_clock::now().time_since_epoch() - read_at;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ago).count();
  curl_easy_setopt(easy_, CURLOPT_CA_CACHE_TIMEOUT, std::clamp(static_cast<long>(seconds), 1L, day));
}

void transfer::set_method() {
  const auto& r = job_.request;
  if (r.method != method_) {
    method_ = r.method;
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 0L);
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy_, CURLOPT_NOBODY, method_ == "HEAD" ? 1L : 0L);
    const bool known = method_ == "GET" || method_ == "POST" || method_ == "HEAD";
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, known ? nullptr : method_.c_str());
  }
  if (method_ == "GET" || method_ == "HEAD")
    return;
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, r.body.data());
}

bool transfer::set_headers() {
  header_text_.clear();
  headers_.clear();
  std::size_t length = 64;
  for (const auto& [name, value] : job_.request.headers)
    length += name.size() + value.size() + 3;
  // Nothing below may move: the list points into the text and into itself.
  header_text_.reserve(length);
  headers_.reserve(job_.request.headers.size() + 2);
  auto add = [this](std::string_view name, std::string_view separator, std::string_view value) {
    auto* start = header_text_.data() + header_text_.size();
    header_text_.append(name).append(separator).append(value).push_back('\0');
    if (!headers_.empty())
      headers_.back().next = headers_.data() + headers_.size();
    headers_.push_back({start, nullptr});
  };
  bool typed = false;
  for (const auto& [name, value] : job_.request.headers) {
    if (!header_valid(name, value))
      return false;
    typed = typed || header_is(name, "content-type");
    add(name, value.empty() ? ";" : ": ", value);
  }
  // A colon alone: curl leaves out what it would add by itself.
  add("Expect", ":", "");
  if (!typed)
    add("Content-Type", ":", "");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.data());
  return true;
}

void transfer::set_proxy(const std::string& proxy) {
  if (proxy == proxy_)
    return;
  proxy_ = proxy;
  curl_easy_setopt(easy_, CURLOPT_PROXY, proxy_.c_str());
}

void transfer::set_time_limits(std::chrono::milliseconds time_left) {
  time_left = std::max(time_left, std::chrono::milliseconds(1));
  if (time_left == time_limit_)
    return;
  time_limit_ = time_left;
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(time_left.count()));
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(time_left, context_.settings.connect_timeout).count()));
}

void transfer::pin_test_addresses() {
  if (target_->literal || !proxy_.empty())
    return;
  auto addresses = context_.settings.lookup(target_->host);
  if (addresses.empty())
    return;
  auto entry = "+" + target_->host + ":" + std::to_string(target_->port) + ":";
  for (const auto& a : addresses)
    entry += to_text(a) + ",";
  entry.pop_back();
  curl_slist_free_all(std::exchange(pinned_, curl_slist_append(nullptr, entry.c_str())));
  curl_easy_setopt(easy_, CURLOPT_RESOLVE, pinned_);
}

http_answer transfer::finish(CURLcode code) {
  answer_.duration = age();
  if (answered_)
    return std::move(answer_);
  answer_.error = why(code);
  answer_.status = 0;
  answer_.body.clear();
  answer_.retry_after.reset();
  return std::move(answer_);
}

/// Whether a kept connection turned out to be dead before a byte of the answer came (SPEC 8). curl would repeat the
/// request by itself then; `begun_` stops it, because every request on the wire is an attempt of its own.
bool transfer::lost_kept_connection(CURLcode code) const {
  if (repeated_)
    return true;
  long opened = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &opened);
  curl_off_t received = 0;
  long head_size = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl_easy_getinfo(easy_, CURLINFO_HEADER_SIZE, &head_size);
  const auto broken = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
  return broken && opened == 0 && received == 0 && head_size == 0;
}

http_answer transfer::cancel() {
  http_answer out;
  out.error = transport_error::cancelled;
  out.duration = age();
  return out;
}

transport_error transfer::why(CURLcode code) const {
  // With another address that may be called, its failure counts: that one may recover.
  if (refused_ && !socket_opened_)
    return transport_error::refused_address;
  if (lost_kept_connection(code))
    return transport_error::kept_connection_lost;
  // The connection ended in the middle of a header: curl sees nothing wrong in that.
  if (code == CURLE_OK)
    return transport_error::connect;
  if (proxy_.empty())
    return from_curl(code);
  long connect_status = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  if (code == CURLE_COULDNT_CONNECT || (connect_status != 0 && connect_status / 100 != 2))
    return transport_error::proxy;
  return from_curl(code);
}

std::chrono::milliseconds transfer::age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - job_.sent_at);
}

void transfer::on_header(std::string_view line) {
  if (answered_)
    return;
  if (line.size() > retry_after_name.size()
      && ::strncasecmp(line.data(), retry_after_name.data(), retry_after_name.size()) == 0) {
    auto value = line.substr(retry_after_name.size());
    auto first = value.find_first_not_of(" \t\r\n");
    auto last = value.find_last_not_of(" \t\r\n");
    if (first != value.npos)
      answer_.retry_after = std::string(value.substr(first, last - first + 1));
    return;
  }
  if (line != "\r\n" && line != "\n")
    return;
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  answered_ = status >= 200;
  if (!answered_)
    answer_.retry_after.reset();
}

bool transfer::address_refused(const std::optional<ip>& address) const {
  return job_.request.untrusted && proxy_.empty() && (!address || !context_.policy.allowed(*address));
}

std::size_t transfer::write_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& body = static_cast<transfer*>(self)->answer_.body;
  auto room = body_max - body.size();
  body.append(data, std::min(room, size * count));
  // Whatever is beyond the cap is not read: the connection goes, the status is known.
  return size * count <= room ? size * count : 0;
}

std::size_t transfer::write_header(char* data, std::size_t size, std::size_t count, void* self) {
  static_cast<transfer*>(self)->on_header({data, size * count});
  return size * count;
}

curl_socket_t transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& t = *static_cast<transfer*>(self);
  if (t.begun_) {
    t.repeated_ = true;
    return CURL_SOCKET_BAD;
  }
  if (t.address_refused(from_socket_address(address->family, &address->addr))) {
    t.refused_ = true;
    return CURL_SOCKET_BAD;
  }
  auto fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
  if (fd < 0)
    return CURL_SOCKET_BAD;
  t.socket_opened_ = true;
  t.context_.sockets.opened(fd);
  return fd;
}

int transfer::close_socket(void* sockets, curl_socket_t fd) {
  static_cast<poller*>(sockets)->closed(fd);
  return ::close(fd);
}

int transfer::before_request(void* self, char* remote, char*, int, int) {
  auto& t = *static_cast<transfer*>(self);
  // A kept connection may have been opened by a request under milder rules.
  if (std::exchange(t.begun_, true)) {
    t.repeated_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  if (!t.address_refused(parse_ip(remote)))
    return CURL_PREREQFUNC_OK;
  t.refused_ = true;
  t.socket_opened_ = false;
  return CURL_PREREQFUNC_ABORT;
}

CURLcode transfer::set_up_tls(CURL*, void* tls_context, void* self) {
  std::atomic_load(&static_cast<transfer*>(self)->context_.trust)->add_to(static_cast<ssl_ctx_st*>(tls_context));
  return CURLE_OK;
}

} // namespace belfry::io
