#include "belfry/io/email/smtp_session.hpp"

#include <curl/curl.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string_view>
#include <utility>

namespace belfry::io::email {

namespace {

/// Bytes of replies that are kept: the last line is what counts.
constexpr std::size_t reply_max = 4 * 1024;
/// The server says goodbye (S-3), whatever was asked.
constexpr int closing = 421;

std::string url_of(const smtp_settings& s) {
  const auto literal = s.host.find(':') != s.host.npos && !s.host.starts_with('[');
  const auto host = literal ? "[" + s.host + "]" : s.host;
  const std::string scheme = s.tls == smtp_tls::tls ? "smtps" : "smtp";
  return scheme + "://" + host + ":" + std::to_string(s.port) + "/" + s.client_name;
}

/// What the trace says of an attempt without a reply.
std::string_view name_of(CURLcode code) {
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return "timeout";
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_USE_SSL_FAILED:
    return "tls_failed";
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_PROXY:
    return "proxy_failed";
  case CURLE_ABORTED_BY_CALLBACK:
    return "cancelled";
  default:
    return "connection_failed";
  }
}

reply parse_reply(std::string_view line) {
  reply r;
  for (const auto c : line.substr(0, 3)) {
    if (c < '0' || c > '9')
      return {};
    r.code = r.code * 10 + (c - '0');
  }
  if (line.size() > 4)
    r.text = line.substr(4, line.find_last_not_of("\r\n") - 3);
  return r;
}

} // namespace

struct smtp_session::handle {
  handle(const smtp_settings& settings, const extra_trust& trust, const std::atomic<bool>& stopping)
      : settings(settings), trust(trust), stopping(stopping) {}
  ~handle() { reset(!stopping); }

  void reset(bool politely);

  void interrupt();
  void open();
  bool taken() const;
  bool unspeakable() const;
  smtp_result attempt(const smtp_mail& m);
  verdict judge_code(CURLcode code) const;

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self);
  static std::size_t on_reply(char* line, std::size_t size, std::size_t count, void* self);
  static int on_trace(CURL*, curl_infotype type, char* data, std::size_t size, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int close_socket(void* self, curl_socket_t socket);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static CURLcode set_up_tls(CURL*, void* context, void* self);

  const smtp_settings& settings;
  const extra_trust& trust;
  const std::atomic<bool>& stopping;
  CURL* easy = nullptr;
  /// Of the open connection, or -1; another thread may shut it down.
  std::mutex lock;
  curl_socket_t socket = -1;
  /// Over the connection that is open now.
  std::size_t mails = 0;
  // Of the mail under way.
  std::string_view content;
  bool content_begun = false;
  /// The recipient's address is not ASCII.
  bool international = false;
  /// The server of the connection that is open now takes such addresses (RFC 6531).
  bool takes_international = false;
  /// The last reply came after the last command.
  bool answered = false;
  bool over = false;
  email::phase phase = email::phase::connect;
  email::reply last;
  bool unfinished = false;
};

std::size_t smtp_session::handle::read(char* to, std::size_t size, std::size_t count, void* self) {
  auto& h = *static_cast<handle*>(self);
  h.content_begun = true;
  h.answered = false;
  const auto n = h.content.copy(to, size * count);
  h.content.remove_prefix(n);
  return n;
}

std::size_t smtp_session::handle::on_reply(char* line, std::size_t size, std::size_t count, void* self) {
  auto& h = *static_cast<handle*>(self);
  if (h.over)
    return size * count;
  auto said = parse_reply({line, std::min(size * count, reply_max)});
  // "550-" is followed by more of the same.
  if (h.unfinished && said.code == h.last.code && h.last.before.size() < reply_max)
    said.before = std::move(h.last.before) + h.last.text + " ";
  h.unfinished = size * count > 3 && line[3] == '-';
  h.last = std::move(said);
  h.answered = true;
  if (h.phase == phase::connect && h.last.text == "SMTPUTF8")
    h.takes_international = true;
  // The server closes, or the recipient would come next.
  return h.last.code == closing || h.unspeakable() ? 0 : size * count;
}

/// Any 2yz behind the content is success (PROTOCOLS S-2); curl knows 250 alone.
bool smtp_session::handle::taken() const {
  return phase == phase::content && content_begun && content.empty() && answered && last.code / 100 == 2;
}

/// The server took the sender, and the address of the recipient is nothing that it understands.
bool smtp_session::handle::unspeakable() const {
  return international && !takes_international && phase == phase::sender && last.code / 100 == 2;
}

/// Tells the phase by the command that is sent.
int smtp_session::handle::on_trace(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
  if (type != CURLINFO_HEADER_OUT)
    return 0;
  auto& h = *static_cast<handle*>(self);
  const std::string_view command{data, size};
  // The goodbye after a refusal is not what the mail is judged by.
  h.over = command.starts_with("QUIT");
  if (!h.over)
    h.answered = false;
  // What was offered before STARTTLS is nobody's word.
  if (command.starts_with("EHLO"))
    h.takes_international = false;
  if (command.starts_with("AUTH"))
    h.phase = phase::sign_in;
  else if (command.starts_with("MAIL"))
    h.phase = phase::sender;
  else if (command.starts_with("RCPT"))
    h.phase = phase::recipient;
  else if (command.starts_with("DATA"))
    h.phase = phase::content;
  return 0;
}

/// Called at least once a second. A server that hangs does not hold up the goodbye either.
int smtp_session::handle::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& h = *static_cast<handle*>(self);
  return h.stopping || h.over ? 1 : 0;
}

curl_socket_t smtp_session::handle::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& h = *static_cast<handle*>(self);
  std::lock_guard hold{h.lock};
  if (h.stopping)
    return CURL_SOCKET_BAD;
  h.socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  return h.socket;
}

int smtp_session::handle::close_socket(void* self, curl_socket_t socket) {
  auto& h = *static_cast<handle*>(self);
  std::lock_guard hold{h.lock};
  if (h.socket == socket)
    h.socket = -1;
  return ::close(socket);
}

void smtp_session::handle::interrupt() {
  std::lock_guard hold{lock};
  if (socket != -1)
    ::shutdown(socket, SHUT_RDWR);
}

/// Politely: with QUIT, whose reply curl waits for.
void smtp_session::handle::reset(bool politely) {
  if (!politely)
    interrupt();
  if (easy != nullptr)
    curl_easy_cleanup(std::exchange(easy, nullptr));
  mails = 0;
}

CURLcode smtp_session::handle::set_up_tls(CURL*, void* context, void* self) {
  static_cast<handle*>(self)->trust.add_to(static_cast<ssl_ctx_st*>(context));
  return CURLE_OK;
}

void smtp_session::handle::open() {
  easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url_of(settings).c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_USE_SSL,
                   static_cast<long>(settings.tls == smtp_tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!trust.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
  }
  // Proxies come from the options alone, never from the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, settings.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, settings.proxy.empty() ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // A password goes over TLS or not at all.
  if (!settings.user.empty() && settings.tls != smtp_tls::none) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, settings.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, settings.password.value.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_reply);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_trace);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
}

verdict smtp_session::handle::judge_code(CURLcode code) const {
  if (code == CURLE_OK || taken())
    return verdict::accepted;
  if (code == CURLE_LOGIN_DENIED)
    return last.code < 500 ? verdict::again : verdict::not_authorized;
  if (code == CURLE_WRITE_ERROR && unspeakable())
    return verdict::refused;
  // A failure that no reply explains: the connection broke, or the reply to the content was lost.
  if (!answered || code == CURLE_OPERATION_TIMEDOUT || last.code < 400)
    return verdict::again;
  return judge(phase, last);
}

smtp_result smtp_session::handle::attempt(const smtp_mail& m) {
  if (easy == nullptr)
    open();
  content = m.content;
  content_begun = false;
  answered = false;
  over = false;
  international = std::any_of(m.to.begin(), m.to.end(), [](unsigned char c) { return c > 0x7f; });
  // A kept connection begins with the sender.
  phase = phase::connect;
  last = {};
  auto* to = curl_slist_append(nullptr, m.to.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, m.from.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(m.content.size()));
  const auto begin = std::chrono::steady_clock::now();
  const auto code = curl_easy_perform(easy);
  const auto took = std::chrono::steady_clock::now() - begin;
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, nullptr);
  curl_slist_free_all(to);
  smtp_result r;
  r.what = judge_code(code);
  // What the server said before we gave up for a reason of our own is not its answer to the mail.
  r.status = r.what == verdict::accepted || (answered && last.code >= 400) ? last.code : 0;
  r.answer = enhanced_code(last);
  if (r.what != verdict::accepted && code != CURLE_OK && (!answered || last.code < 400))
    r.answer = name_of(code);
  if (r.what == verdict::refused && unspeakable())
    r.answer = "no_smtputf8";
  r.duration = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  ++mails;
  // After a failure without a reply nobody may be there to say goodbye to.
  const auto broken = code != CURLE_OK && !answered;
  if (broken || mails >= settings.mails_per_connection_max)
    reset(!broken);
  return r;
}

smtp_session::smtp_session(const smtp_settings& settings, const extra_trust& trust, const std::atomic<bool>& stopping)
    : handle_(std::make_unique<handle>(settings, trust, stopping)) {
  // nop
}

smtp_session::~smtp_session() = default;

void smtp_session::close() {
  handle_->reset(true);
}

void smtp_session::interrupt() {
  handle_->interrupt();
}

smtp_result smtp_session::send(const smtp_mail& m) {
  auto& h = *handle_;
  const auto kept = h.mails > 0;
  auto r = h.attempt(m);
  const auto lost = r.what == verdict::reconnect || (r.what == verdict::again && r.answer == "connection_failed");
  if (kept && lost && !h.content_begun && !h.stopping) {
    h.reset(false);
    r = h.attempt(m);
  }
  return r;
}

} // namespace belfry::io::email
