#include "belfry/tests/support/providers/smtp_server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <openssl/evp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace belfry::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t line_max = 998;
constexpr std::size_t command_max = 510;

/// The connection is over.
struct closed {};

std::string decode_base64(const std::string& text) {
  std::string out(text.size(), '\0');
  const auto n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                 reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  while (!out.empty() && out.back() == '\0')
    out.pop_back();
  return out;
}

bool begins(const std::string& line, std::string_view word) {
  if (line.size() < word.size())
    return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if ((line[i] & ~0x20) != (word[i] & ~0x20))
      return false;
  }
  return true;
}

/// "550-5.1.1" as "550 5.1.1 no".
std::string scripted_reply(const std::string& script) {
  const auto dash = script.find('-');
  return script.substr(0, dash) + (dash == script.npos ? "" : " " + script.substr(dash + 1)) + " as asked";
}

} // namespace

struct smtp_server::state {
  explicit state(smtp_server_settings s) : settings(std::move(s)), tls(asio::ssl::context::tls_server) {
    if (settings.tls) {
      tls.use_certificate_chain(asio::buffer(settings.tls->chain));
      tls.use_private_key(asio::buffer(settings.tls->key), asio::ssl::context::pem);
    }
  }

  void accept();

  const smtp_server_settings settings;
  asio::io_context io;
  asio::ssl::context tls;
  tcp::acceptor acceptor{io, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  std::thread acceptor_thread;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> greetings{0};
  mutable std::mutex lock;
  mutable std::condition_variable changed;
  std::vector<received_mail> mails;
  std::vector<std::string> violations;
  std::map<std::string, int> greylisted;
  std::uint64_t count = 0;
  std::uint64_t connections = 0;
  std::list<int> sockets;
  std::list<std::thread> threads;
};

namespace {

/// One connection, served by a thread of its own until either side closes it.
template <class State>
class session {
public:
  session(State& server, tcp::socket socket, std::uint64_t number)
      : server_(server), stream_(std::move(socket), server.tls), number_(number) {}

  void serve() {
    try {
      if (server_.settings.security == smtp_security::implicit)
        secure();
      reply("220 mail.test ESMTP");
      while (true)
        command(line());
    } catch (const closed&) {
    } catch (const std::exception&) {
    }
  }

private:
  void secure() {
    stream_.handshake(asio::ssl::stream_base::server);
    secure_ = true;
  }

  std::size_t read_some(asio::mutable_buffer to) {
    boost::system::error_code ec;
    const auto n = secure_ ? stream_.read_some(to, ec) : stream_.next_layer().read_some(to, ec);
    if (ec || n == 0)
      throw closed{};
    return n;
  }

  void violation(const std::string& what) {
    std::lock_guard hold{server_.lock};
    server_.violations.push_back(what);
  }

  /// Without its CR LF.
  std::string line() {
    while (true) {
      if (const auto end = in_.find('\n'); end != in_.npos) {
        auto out = in_.substr(0, end);
        in_.erase(0, end + 1);
        if (!out.ends_with('\r'))
          violation("a line ends without a carriage return");
        else
          out.pop_back();
        if (out.find('\r') != out.npos)
          violation("a line holds a bare carriage return");
        return out;
      }
      char more[16384];
      in_.append(more, read_some(asio::buffer(more)));
    }
  }

  void reply(const std::string& text) {
    const auto out = text + "\r\n";
    boost::system::error_code ec;
    if (secure_)
      asio::write(stream_, asio::buffer(out), ec);
    else
      asio::write(stream_.next_layer(), asio::buffer(out), ec);
    if (ec)
      throw closed{};
  }

  void command(const std::string& text) {
    if (text.size() > command_max)
      violation("a command has more than 512 bytes");
    if (!in_.empty() && !begins(text, "DATA"))
      violation("a command was sent before the reply to " + text.substr(0, 4));
    if (begins(text, "EHLO ") || begins(text, "HELO "))
      return hello();
    if (begins(text, "QUIT")) {
      reply("221 bye");
      throw closed{};
    }
    if (begins(text, "RSET")) {
      from_.clear();
      to_.clear();
      return reply("250 ok");
    }
    if (begins(text, "NOOP"))
      return reply("250 ok");
    if (begins(text, "STARTTLS"))
      return starttls();
    if (server_.settings.security == smtp_security::starttls && !secure_)
      return wrong("530 5.7.0 STARTTLS first", "a command before STARTTLS: " + text);
    if (begins(text, "AUTH "))
      return sign_in(text.substr(5));
    if (server_.settings.user && user_.empty())
      return reply("530 5.7.0 authentication required");
    if (begins(text, "MAIL FROM:"))
      return sender(text.substr(10));
    if (begins(text, "RCPT TO:"))
      return recipient(text.substr(8));
    if (begins(text, "DATA"))
      return content();
    wrong("500 5.5.2 what?", "an unknown command: " + text);
  }

  void wrong(const std::string& text, const std::string& what) {
    violation(what);
    reply(text);
  }

  void hello() {
    const auto& s = server_.settings;
    if (server_.greetings++ < s.greetings_refused) {
      reply("421 4.3.2 too busy");
      throw closed{};
    }
    greeted_ = true;
    if (s.security == smtp_security::starttls && !secure_)
      reply("250-STARTTLS");
    if (s.user && secure_)
      reply("250-AUTH PLAIN LOGIN");
    if (s.smtputf8)
      reply("250-SMTPUTF8");
    if (s.size_max > 0)
      reply("250-SIZE " + std::to_string(s.size_max));
    reply("250 8BITMIME");
  }

  void starttls() {
    if (secure_ || server_.settings.security != smtp_security::starttls)
      return wrong("503 5.5.1 not now", "STARTTLS where it was not offered");
    reply("220 go ahead");
    secure();
    greeted_ = false;
  }

  void sign_in(const std::string& how) {
    if (!secure_)
      return wrong("538 5.7.11 encryption required", "a sign-in without TLS");
    std::string user, password;
    if (begins(how, "PLAIN")) {
      auto text = how.size() > 6 ? how.substr(6) : ask("334 ");
      const auto plain = decode_base64(text);
      const auto first = plain.find('\0');
      const auto second = first == plain.npos ? plain.npos : plain.find('\0', first + 1);
      if (second != plain.npos) {
        user = plain.substr(first + 1, second - first - 1);
        password = plain.substr(second + 1);
      }
    } else {
      user = decode_base64(ask("334 VXNlcm5hbWU6"));
      password = decode_base64(ask("334 UGFzc3dvcmQ6"));
    }
    if (!server_.settings.user || user != *server_.settings.user || password != server_.settings.password)
      return reply("535 5.7.8 wrong user or password");
    user_ = user;
    reply("235 2.7.0 welcome");
  }

  std::string ask(const std::string& text) {
    reply(text);
    return line();
  }

  static std::string path_of(const std::string& text) {
    const auto begin = text.find('<'), end = text.find('>');
    return begin == text.npos || end == text.npos || end < begin ? "" : text.substr(begin + 1, end - begin - 1);
  }

  void sender(const std::string& text) {
    if (!greeted_ || !from_.empty())
      return wrong("503 5.5.1 bad sequence", "MAIL out of order");
    if (server_.settings.mails_per_connection > 0 && taken_ >= server_.settings.mails_per_connection) {
      reply("421 4.7.0 too many mails over this connection");
      throw closed{};
    }
    from_ = path_of(text);
    utf8_ = text.find("SMTPUTF8") != text.npos;
    if (utf8_ && !server_.settings.smtputf8)
      return wrong("555 5.5.4 no SMTPUTF8", "SMTPUTF8 where it was not offered");
    reply("250 2.1.0 ok");
  }

  void recipient(const std::string& text) {
    if (from_.empty() || !to_.empty())
      return wrong("503 5.5.1 one mail, one recipient", "RCPT out of order, or a second one");
    const auto to = path_of(text);
    if (!utf8_ && std::any_of(to.begin(), to.end(), [](unsigned char c) { return c >= 0x80; }))
      return wrong("553 5.6.7 an address that is not ASCII", "an address that is not ASCII without SMTPUTF8");
    const auto local = to.substr(0, to.find('@'));
    if (local == "drop-rcpt")
      throw closed{};
    if (local == "rcpt-listed")
      return reply("550-rejected, because 127.0.0.1 is in a black list\r\n550 see https://list.test/127.0.0.1");
    if (local.starts_with("rcpt-"))
      return reply(scripted_reply(local.substr(5)));
    if (local.starts_with("greylist-")) {
      std::unique_lock hold{server_.lock};
      const auto again = server_.greylisted[to]++ < std::stoi(local.substr(9));
      hold.unlock();
      if (again)
        return reply("450 4.2.0 greylisted, come again");
    }
    to_ = to;
    reply("250 2.1.5 ok");
  }

  void content() {
    if (to_.empty())
      return wrong("503 5.5.1 no recipient", "DATA out of order");
    reply("354 go on");
    std::string out;
    while (true) {
      auto text = line();
      if (text == ".")
        break;
      if (text.size() > line_max)
        violation("a line of the mail has " + std::to_string(text.size()) + " bytes");
      if (text.starts_with('.'))
        text.erase(0, 1);
      out += text + "\r\n";
    }
    finish(std::move(out));
  }

  void finish(std::string text) {
    const auto local = to_.substr(0, to_.find('@'));
    const auto limit = server_.settings.size_max;
    if (limit > 0 && text.size() > limit) {
      reset();
      return reply("552 5.3.4 too big");
    }
    if (local.starts_with("mail-")) {
      reset();
      return reply(scripted_reply(local.substr(5)));
    }
    log(std::move(text));
    reset();
    if (local == "drop-data")
      throw closed{};
    if (local.starts_with("slow-")) {
      std::unique_lock hold{server_.lock};
      server_.changed.wait_for(hold, std::chrono::milliseconds{std::stoi(local.substr(5))},
                               [&] { return server_.stopping.load(); });
    }
    reply("250 2.0.0 taken");
  }

  void log(std::string text) {
    std::lock_guard hold{server_.lock};
    ++server_.count;
    ++taken_;
    if (server_.mails.size() < server_.settings.log_max)
      server_.mails.push_back({from_, to_, std::move(text), secure_, user_, number_, std::chrono::steady_clock::now()});
    server_.changed.notify_all();
  }

  void reset() {
    from_.clear();
    to_.clear();
  }

  State& server_;
  asio::ssl::stream<tcp::socket> stream_;
  const std::uint64_t number_;
  std::string in_;
  bool secure_ = false;
  bool greeted_ = false;
  std::string user_, from_, to_;
  /// MAIL said SMTPUTF8.
  bool utf8_ = false;
  std::size_t taken_ = 0;
};

} // namespace

void smtp_server::state::accept() {
  while (!stopping) {
    boost::system::error_code ec;
    tcp::socket socket{io};
    acceptor.accept(socket, ec);
    if (ec || stopping)
      return;
    socket.set_option(tcp::no_delay{true}, ec);
    std::lock_guard hold{lock};
    const auto number = ++connections;
    auto handle = socket.native_handle();
    auto place = sockets.insert(sockets.end(), handle);
    threads.emplace_back([this, number, place, s = std::move(socket)]() mutable {
      session<state>{*this, std::move(s), number}.serve();
      std::lock_guard done{lock};
      sockets.erase(place);
    });
  }
}

smtp_server::smtp_server(smtp_server_settings settings) : state_(std::make_unique<state>(std::move(settings))) {
  state_->acceptor_thread = std::thread{[s = state_.get()] { s->accept(); }};
}

smtp_server::~smtp_server() {
  {
    std::lock_guard hold{state_->lock};
    state_->stopping = true;
  }
  state_->changed.notify_all();
  // An accept that blocks ends by a connection.
  ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
  state_->acceptor_thread.join();
  {
    std::lock_guard hold{state_->lock};
    for (auto s : state_->sockets)
      ::shutdown(s, SHUT_RDWR);
  }
  for (auto& t : state_->threads)
    t.join();
}

std::uint16_t smtp_server::port() const {
  return state_->acceptor.local_endpoint().port();
}

std::uint64_t smtp_server::count() const {
  std::lock_guard hold{state_->lock};
  return state_->count;
}

std::uint64_t smtp_server::connections() const {
  std::lock_guard hold{state_->lock};
  return state_->connections;
}

std::vector<received_mail> smtp_server::mails() const {
  std::lock_guard hold{state_->lock};
  return state_->mails;
}

std::vector<std::string> smtp_server::violations() const {
  std::lock_guard hold{state_->lock};
  return state_->violations;
}

bool smtp_server::wait_for(std::uint64_t count, std::chrono::milliseconds limit) const {
  std::unique_lock hold{state_->lock};
  return state_->changed.wait_for(hold, limit, [&] { return state_->count >= count; });
}

} // namespace belfry::test
