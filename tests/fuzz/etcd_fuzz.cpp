// What etcd, or whoever is in its place, answers: it is what was asked for or is refused in words, and what is no error of
// etcd's is none.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/net/etcd_json.hpp"

namespace {

namespace json = tykup::net::etcd_json;
namespace etcd = tykup::etcd;

void demand(bool truth) {
  if (!truth) std::abort();
}

etcd::Txn one_of_each() {
  etcd::Get get;
  get.keys.begin = "a";
  etcd::Txn inner;
  inner.then = {get};
  inner.otherwise = {get, get};
  etcd::Txn txn;
  txn.then = {get, etcd::Put{"b", "", 0}, etcd::Delete{{"c", ""}}, etcd::Nested{{inner}}};
  txn.otherwise = {get};
  return txn;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const asked = one_of_each();
  auto const done = json::txn_answer(text, asked);
  if (done) {
    auto const& value = done->value;
    demand(value.answers.size() == (value.succeeded ? asked.then : asked.otherwise).size());
    demand(std::holds_alternative<etcd::Got>(value.answers.front()));
  } else {
    demand(!done.error().empty());
  }
  auto const line = json::watch_line(text);
  demand(line || !line.error().empty());
  if (line && line->said) demand(json::said(text) == line->said);
  if (auto const lease = json::grant_answer(text)) demand(lease->value.id != 0);
  if (auto const token = json::token_answer(text)) demand(!token->empty() && token->find('\n') == std::string::npos);
  (void)json::keep_alive_answer(text);
  return 0;
}
