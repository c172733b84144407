#include "belfry/io/program/replay_poster.hpp"

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <thread>

namespace belfry::program {

namespace {

using json = nlohmann::json;

constexpr long timeout_ms = 90'000;
constexpr std::size_t answer_max = 16 * 1024 * 1024;
constexpr auto wait_max = std::chrono::seconds{5};

std::size_t take(char* data, std::size_t one, std::size_t count, void* to) {
  auto& out = *static_cast<std::string*>(to);
  if (out.size() + one * count > answer_max)
    return 0;
  out.append(data, one * count);
  return one * count;
}

/// "line 7: /message/sender: ..." of the first problem of an answer, else its detail.
std::string first_problem(const json& answer, const replay_batch& batch) {
  auto errors = answer.find("errors");
  if (errors == answer.end() || !errors->is_array() || errors->empty())
    return answer.value("detail", "");
  auto pointer = errors->front().value("pointer", "");
  auto detail = errors->front().value("detail", "");
  // "/3/message/sender" is about the fourth event of the request; "/message/sender" about its only one.
  std::size_t index = 0;
  auto rest = std::string_view{pointer};
  if (rest.starts_with('/')) {
    const auto* end = rest.data() + rest.size();
    if (auto read = std::from_chars(rest.data() + 1, end, index); read.ec == std::errc{})
      rest = {read.ptr, static_cast<std::size_t>(end - read.ptr)};
  }
  if (index >= batch.lines.size())
    return pointer + ": " + detail;
  return "line " + std::to_string(batch.lines[index]) + ": " + std::string{rest} + ": " + detail;
}

} // namespace

struct replay_poster::connection {
  CURL* handle = curl_easy_init();
  curl_slist* headers = nullptr;
  std::string url;
  std::string answer;

  explicit connection(const replay_arguments& a) {
    url = a.to;
    while (url.ends_with('/'))
      url.pop_back();
    url += "/v1/events";
    headers = curl_slist_append(headers, "Content-Type: application/x-ndjson");
    headers = curl_slist_append(headers, "Expect:");
    if (!a.token.empty())
      headers = curl_slist_append(headers, ("Authorization: Bearer " + a.token).c_str());
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  }

  ~connection() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
  }

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  CURLcode send(const std::string& body) {
    answer.clear();
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
    return curl_easy_perform(handle);
  }

  long status() const {
    long out = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &out);
    return out;
  }

  std::chrono::milliseconds retry_after() const {
    curl_off_t seconds = 0;
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return std::clamp<std::chrono::milliseconds>(std::chrono::seconds{seconds}, std::chrono::milliseconds{100},
                                                 wait_max);
  }
};

namespace {

/// Counts what stands in `list` ({pointer, detail, reason}) and words the first few.
void take_refusals(const json& list, const replay_batch& batch, replay_totals& totals) {
  totals.refused += list.size();
  for (const auto& r : list) {
    if (totals.refusals.size() >= replay_poster::refusals_max || !r.is_object())
      return;
    const auto pointer = r.value("pointer", std::string{});
    const auto index = batch.events == 1 ? 0 : std::strtoull(pointer.c_str() + (pointer.empty() ? 0 : 1), nullptr, 10);
    const auto line = index < batch.lines.size() ? batch.lines[index] : 0;
    totals.refusals.push_back("line " + std::to_string(line) + ": " + pointer + ": " + r.value("detail", std::string{})
                              + " (" + r.value("reason", std::string{}) + ")");
  }
}

} // namespace

replay_poster::replay_poster(const replay_arguments& a) : connection_(std::make_unique<connection>(a)) {
  // nop
}

replay_poster::~replay_poster() = default;

std::optional<std::string> replay_poster::post(const replay_batch& batch, replay_totals& totals) {
  auto& c = *connection_;
  for (int tries = 0;; ++tries) {
    auto began = std::chrono::steady_clock::now();
    if (auto code = c.send(batch.body); code != CURLE_OK)
      return c.url + ": " + curl_easy_strerror(code);
    auto status = c.status();
    if ((status == 429 || status == 503) && tries < repeats_max) {
      ++totals.repeats;
      // The same ids again: what took effect already counts as a duplicate.
      std::this_thread::sleep_for(c.retry_after());
      continue;
    }
    auto took = std::chrono::steady_clock::now() - began;
    totals.latencies.push_back(std::chrono::duration<double, std::milli>(took).count());
    auto answer = json::parse(c.answer, nullptr, false);
    if (status == 202 && answer.is_object()) {
      totals.accepted += answer.value("accepted", std::uint64_t{0});
      totals.duplicates += answer.value("duplicates", std::uint64_t{0});
      take_refusals(answer.value("refused", json::array()), batch, totals);
      return std::nullopt;
    }
    if (status == 409 && answer.is_object()) {
      take_refusals(answer.value("errors", json::array()), batch, totals);
      return std::nullopt;
    }
    auto why = answer.is_object() ? first_problem(answer, batch) : std::string{};
    return c.url + " answered " + std::to_string(status) + (why.empty() ? "" : ": " + why);
  }
}

} // namespace belfry::program
