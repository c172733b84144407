#pragma once

#include "belfry/io/ports.hpp"

#include <memory>
#include <optional>
#include <string>

namespace belfry::io {

class database;

/// Rows of a SQLite store as they are on disk, read without taking the store: also while a server uses it.
class store_peek {
public:
  /// ec::store_unavailable: there is no store of ours that can be read.
  static result<store_peek> open(const std::string& path);
  store_peek(store_peek&&) noexcept;
  ~store_peek();

  /// Nothing: there is no such row.
  result<std::optional<stored_conversation>> conversation(const conversation_id& id);
  result<std::optional<std::string>> person(const person_id& id);
  result<std::optional<notification_row>> notification(const notification_id& id);
  result<std::optional<std::string>> webhook(const webhook_id& id);
  result<std::optional<std::string>> setting(std::string_view name);

private:
  explicit store_peek(std::unique_ptr<database> db);
  result<std::optional<std::string>> blob(const char* sql, std::string_view id);

  std::unique_ptr<database> db_;
};

} // namespace belfry::io
