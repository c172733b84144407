#include "belfry/tests/support/server/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace belfry::test {

namespace {

constexpr long limit_seconds = 20;

std::size_t take_body(char* data, std::size_t size, std::size_t n, void* out) {
  static_cast<std::string*>(out)->append(data, size * n);
  return size * n;
}

std::size_t take_header(char* data, std::size_t size, std::size_t n, void* out) {
  auto line = std::string(data, size * n);
  if (auto colon = line.find(':'); colon != std::string::npos) {
    auto name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    auto from = line.find_first_not_of(" \t", colon + 1);
    auto to = line.find_last_not_of(" \t\r\n");
    (*static_cast<std::map<std::string, std::string>*>(out))[name] =
        from == std::string::npos || to < from ? "" : line.substr(from, to - from + 1);
  }
  return size * n;
}

struct free_list {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

} // namespace

std::string http_answer::header(const std::string& lower_case_name) const {
  auto i = headers.find(lower_case_name);
  return i == headers.end() ? std::string{} : i->second;
}

http_client::http_client(std::string base, std::string token)
    : base_(std::move(base)), token_(std::move(token)), handle_(curl_easy_init()) {}

http_client::~http_client() {
  curl_easy_cleanup(handle_);
}

http_answer http_client::send(const std::string& method, const std::string& path, const std::string& body,
                              const header_list& headers) {
  http_answer a;
  curl_easy_reset(handle_);
  auto url = base_ + path;
  auto list = std::unique_ptr<curl_slist, free_list>{};
  auto add = [&](const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); };
  add("Expect:");
  if (!token_.empty())
    add("Authorization: Bearer " + token_);
  auto typed = false;
  for (const auto& [name, value] : headers) {
    typed = typed || name == "Content-Type";
    add(name + ": " + value);
  }
  if (!typed)
    add(body.empty() ? "Content-Type:" : "Content-Type: application/json");
  curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle_, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(handle_, CURLOPT_TIMEOUT, limit_seconds);
  curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle_, CURLOPT_PATH_AS_IS, 1L);
  if (!body.empty() || method == "POST" || method == "PUT") {
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &a.body);
  curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &a.headers);
  if (curl_easy_perform(handle_) == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    a.status = static_cast<int>(status);
  }
  return a;
}

} // namespace belfry::test
