#include "belfry/io/http_server/connection.hpp"

#include <boost/asio/detached.hpp>

namespace belfry::io::http {

namespace {

/// Tells a client that there are too many connections, and reads on for a moment so that it hears it.
task<void> tell_too_many(core& c, tcp::socket socket) {
  static constexpr std::string_view body =
      R"({"type":"urn:belfry:too_many_connections","title":"Service Unavailable","status":503,)"
      R"("detail":"too many connections"})";
  auto text = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
              "Connection: close\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
  asio::steady_timer limit{socket.get_executor(), std::min<duration>(c.settings.linger, 1s)};
  limit.async_wait([&socket](boost::system::error_code e) {
    boost::system::error_code ignored;
    if (!e)
      socket.close(ignored);
  });
  co_await asio::async_write(socket, asio::buffer(text), quietly);
  boost::system::error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> scrap{};
  for (boost::system::error_code e; !e;)
    std::tie(e, std::ignore) = co_await socket.async_read_some(asio::buffer(scrap), quietly);
  limit.cancel();
  --c.refusals;
}

} // namespace

void refuse_connection(core& c, tcp::socket socket) {
  c.connections_refused.increment();
  if (std::atomic_load(&c.tls) || c.refusals >= refusals_max)
    return;
  ++c.refusals;
  auto executor = socket.get_executor();
  asio::co_spawn(executor, tell_too_many(c, std::move(socket)), asio::detached);
}

} // namespace belfry::io::http
