#include <nlohmann/json.hpp>

#include "daemon/net/base64.hpp"
#include "daemon/net/etcd_json.hpp"

namespace tykup::net::etcd_json {

namespace {

using etcd::Compare;
using nlohmann::json;

json named(char const* name, json value) {
  json to;
  to[name] = std::move(value);
  return to;
}

void set_range(json& to, etcd::KeyRange const& range) {
  to["key"] = to_base64(range.begin);
  if (!range.end.empty()) to["range_end"] = to_base64(range.end);
}

char const* target_name(Compare::Target target) {
  switch (target) {
    case Compare::Target::Version: return "VERSION";
    case Compare::Target::CreateRevision: return "CREATE";
    case Compare::Target::ModRevision: return "MOD";
    case Compare::Target::Value: return "VALUE";
    case Compare::Target::Lease: return "LEASE";
  }
  return "";
}

char const* field_name(Compare::Target target) {
  switch (target) {
    case Compare::Target::Version: return "version";
    case Compare::Target::CreateRevision: return "create_revision";
    case Compare::Target::ModRevision: return "mod_revision";
    case Compare::Target::Value: return "value";
    case Compare::Target::Lease: return "lease";
  }
  return "";
}

char const* relation_name(Compare::Relation relation) {
  switch (relation) {
    case Compare::Relation::Equal: return "EQUAL";
    case Compare::Relation::NotEqual: return "NOT_EQUAL";
    case Compare::Relation::Less: return "LESS";
    case Compare::Relation::Greater: return "GREATER";
  }
  return "";
}

json json_of(Compare const& compare) {
  json to;
  set_range(to, compare.keys);
  to["target"] = target_name(compare.target);
  to["result"] = relation_name(compare.relation);
  bool const of_values = compare.target == Compare::Target::Value;
  to[field_name(compare.target)] = of_values ? to_base64(compare.value) : std::to_string(compare.number);
  return to;
}

json json_of(etcd::Txn const& txn);

struct OpWriter {
  json operator()(etcd::Get const& get) const {
    json to;
    set_range(to, get.keys);
    bool const by_key = get.by == etcd::Get::By::Key;
    bool const up = get.order == etcd::Get::Order::Ascending;
    // By key and upwards is what etcd does unasked, and then it reads no more than the limit.
    if (!by_key || !up) {
      to["sort_order"] = up ? "ASCEND" : "DESCEND";
      to["sort_target"] = by_key ? "KEY" : "CREATE";
    }
    if (get.limit != 0) to["limit"] = std::to_string(get.limit);
    if (get.keys_only) to["keys_only"] = true;
    if (get.count_only) to["count_only"] = true;
    if (get.max_create_revision != 0) to["max_create_revision"] = std::to_string(get.max_create_revision);
    return named("request_range", std::move(to));
  }
  json operator()(etcd::Put const& put) const {
    json to{{"key", to_base64(put.key)}, {"value", to_base64(put.value)}};
    if (put.lease != 0) to["lease"] = std::to_string(put.lease);
    return named("request_put", std::move(to));
  }
  json operator()(etcd::Delete const& gone) const {
    json to;
    set_range(to, gone.keys);
    return named("request_delete_range", std::move(to));
  }
  json operator()(etcd::Nested const& nested) const { return named("request_txn", json_of(nested.txn.front())); }
};

json json_of(etcd::Txn const& txn) {
  json to = json::object();
  for (auto const& compare : txn.compares) to["compare"].push_back(json_of(compare));
  for (auto const& op : txn.then) to["success"].push_back(std::visit(OpWriter{}, op));
  for (auto const& op : txn.otherwise) to["failure"].push_back(std::visit(OpWriter{}, op));
  return to;
}

/// Whatever bytes a user's name has: etcd refuses what it does not know.
std::string dumped(json const& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string txn_request(etcd::Txn const& txn) { return dumped(json_of(txn)); }

std::string grant_request(std::chrono::seconds ttl, etcd::LeaseId wanted) {
  json to;
  to["TTL"] = std::to_string(ttl.count());
  to["ID"] = std::to_string(wanted);
  return dumped(to);
}

std::string lease_request(etcd::LeaseId lease) {
  json to;
  to["ID"] = std::to_string(lease);
  return dumped(to);
}

std::string authenticate_request(std::string const& user, std::string const& password) {
  json to;
  to["name"] = user;
  to["password"] = password;
  return dumped(to);
}

std::string watch_request(etcd::KeyRange const& keys, etcd::Revision from) {
  json to;
  set_range(to, keys);
  to["start_revision"] = std::to_string(from);
  to["progress_notify"] = true;
  return dumped(named("create_request", std::move(to)));
}

}  // namespace tykup::net::etcd_json
