#include <charconv>
#include <nlohmann/json.hpp>

#include "daemon/net/base64.hpp"
#include "daemon/net/etcd_json.hpp"

namespace tykup::net::etcd_json {

namespace {

using nlohmann::json;

/// What is wrong with an answer; caught in this file.
struct Unreadable {
  std::string why;
};

template <typename T>
T whole_number(std::string const& text, char const* name) {
  T value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw Unreadable{std::string("\"") + name + "\" is no number"};
  return value;
}

/// An object, or nothing of one: members that are not there are zero.
class Fields {
 public:
  Fields(json const& value, char const* name) : value_(value) {
    if (!value.is_object()) throw Unreadable{std::string(name) + " is no object"};
  }

  [[nodiscard]] json const* find(char const* name) const {
    auto const found = value_.find(name);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
  }
  template <typename T = std::int64_t>
  [[nodiscard]] T number(char const* name) const {
    auto const* found = find(name);
    if (found == nullptr) return 0;
    if (found->is_string()) return whole_number<T>(found->get_ref<std::string const&>(), name);
    if (!found->is_number_integer()) throw Unreadable{std::string("\"") + name + "\" is no number"};
    return whole_number<T>(found->dump(), name);
  }
  [[nodiscard]] bool flag(char const* name) const {
    auto const* found = find(name);
    if (found == nullptr) return false;
    if (!found->is_boolean()) throw Unreadable{std::string("\"") + name + "\" is neither true nor false"};
    return found->get<bool>();
  }
  [[nodiscard]] std::string text(char const* name) const {
    auto const* found = find(name);
    if (found == nullptr) return {};
    if (!found->is_string()) throw Unreadable{std::string("\"") + name + "\" is no text"};
    return found->get<std::string>();
  }
  [[nodiscard]] std::string bytes(char const* name) const {
    auto decoded = from_base64(text(name));
    if (!decoded) throw Unreadable{std::string("\"") + name + "\" is no base64"};
    return std::move(*decoded);
  }
  [[nodiscard]] json const& list(char const* name) const {
    static json const empty = json::array();
    auto const* found = find(name);
    if (found == nullptr) return empty;
    if (!found->is_array()) throw Unreadable{std::string("\"") + name + "\" is no list"};
    return *found;
  }
  [[nodiscard]] Fields object(char const* name) const {
    static json const empty = json::object();
    auto const* found = find(name);
    return {found == nullptr ? empty : *found, name};
  }

 private:
  json const& value_;
};

etcd::Header header_of(Fields const& answer) {
  if (answer.find("header") == nullptr) throw Unreadable{"\"header\" is missing"};
  auto const from = answer.object("header");
  etcd::Header header;
  header.cluster_id = from.number<std::uint64_t>("cluster_id");
  header.member_id = from.number<std::uint64_t>("member_id");
  header.revision = from.number("revision");
  header.raft_term = from.number<std::uint64_t>("raft_term");
  return header;
}

etcd::KeyValue key_value(json const& value) {
  Fields const from(value, "a key");
  etcd::KeyValue to;
  to.key = from.bytes("key");
  to.value = from.bytes("value");
  to.create_revision = from.number("create_revision");
  to.mod_revision = from.number("mod_revision");
  to.version = from.number("version");
  to.lease = from.number("lease");
  return to;
}

etcd::TxnDone txn_done(Fields const& answer, etcd::Txn const& asked, etcd::Revision revision);

/// The answer to one operation, which must be of its kind.
struct OpReader {
  Fields const& answer;
  etcd::Revision revision;

  [[nodiscard]] Fields only(char const* name) const {
    if (answer.find(name) == nullptr) throw Unreadable{std::string("\"") + name + "\" is missing"};
    return answer.object(name);
  }
  etcd::OpDone operator()(etcd::Get const&) const {
    auto const from = only("response_range");
    etcd::Got got;
    for (auto const& value : from.list("kvs")) got.values.push_back(key_value(value));
    got.count = from.number("count");
    got.more = from.flag("more");
    return got;
  }
  etcd::OpDone operator()(etcd::Put const&) const {
    (void)only("response_put");
    return etcd::PutDone{};
  }
  etcd::OpDone operator()(etcd::Delete const&) const { return etcd::Deleted{only("response_delete_range").number("deleted")}; }
  etcd::OpDone operator()(etcd::Nested const& nested) const {
    return etcd::NestedDone{{txn_done(only("response_txn"), nested.txn.front(), revision)}};
  }
};

etcd::TxnDone txn_done(Fields const& answer, etcd::Txn const& asked, etcd::Revision revision) {
  etcd::TxnDone done;
  done.succeeded = answer.flag("succeeded");
  done.revision = revision;
  auto const& ops = done.succeeded ? asked.then : asked.otherwise;
  auto const& answers = answer.list("responses");
  if (answers.size() != ops.size()) {
    throw Unreadable{std::to_string(answers.size()) + " answers to " + std::to_string(ops.size()) + " operations"};
  }
  for (std::size_t i = 0; i < ops.size(); ++i) {
    Fields const one(answers[i], "an answer");
    done.answers.push_back(std::visit(OpReader{one, revision}, ops[i]));
  }
  return done;
}

etcd::WatchEvent watch_event(json const& value) {
  Fields const from(value, "an event");
  auto const type = from.text("type");
  if (!type.empty() && type != "PUT" && type != "DELETE") throw Unreadable{"an event is neither PUT nor DELETE"};
  etcd::WatchEvent event;
  event.kind = type == "DELETE" ? etcd::WatchEvent::Kind::Delete : etcd::WatchEvent::Kind::Put;
  auto const* changed = from.find("kv");
  if (changed == nullptr) throw Unreadable{"an event has no key"};
  event.value = key_value(*changed);
  return event;
}

/// In one answer code and words stand beside each other, in a stream within "error".
std::optional<Said> said_in(json const& document) {
  if (!document.is_object() || !document.contains("error")) return std::nullopt;
  auto const& error = document["error"];
  Fields const from(error.is_object() ? error : document, "the error");
  Said said;
  said.code = from.number<int>(error.is_object() ? "grpc_code" : "code");
  said.words = from.text("message");
  if (said.words.empty() && error.is_string()) said.words = error.get<std::string>();
  return said;
}

json document_of(std::string_view body) {
  auto document = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) throw Unreadable{"it is not whole JSON"};
  return document;
}

/// Runs `read` on the whole document and turns what it throws into the value that it is.
template <typename T, typename Reader>
Read<T> read_whole(std::string_view body, Reader read) {
  try {
    auto const document = document_of(body);
    return read(Fields(document, "it"));
  } catch (Unreadable const& unreadable) {
    return tl::unexpected<std::string>(unreadable.why);
  }
}

}  // namespace

Read<Answer<etcd::TxnDone>> txn_answer(std::string_view body, etcd::Txn const& asked) {
  return read_whole<Answer<etcd::TxnDone>>(body, [&asked](Fields const& from) {
    auto const header = header_of(from);
    return Answer<etcd::TxnDone>{txn_done(from, asked, header.revision), header};
  });
}

Read<Answer<etcd::Lease>> grant_answer(std::string_view body) {
  return read_whole<Answer<etcd::Lease>>(body, [](Fields const& from) {
    etcd::Lease const lease{from.number("ID"), std::chrono::seconds{from.number("TTL")}};
    if (lease.id == 0) throw Unreadable{"\"ID\" is missing"};
    return Answer<etcd::Lease>{lease, header_of(from)};
  });
}

Read<Answer<std::chrono::seconds>> keep_alive_answer(std::string_view body) {
  return read_whole<Answer<std::chrono::seconds>>(body, [](Fields const& from) {
    if (from.find("result") == nullptr) throw Unreadable{"\"result\" is missing"};
    auto const result = from.object("result");
    return Answer<std::chrono::seconds>{std::chrono::seconds{result.number("TTL")}, header_of(result)};
  });
}

Read<Answer<bool>> revoke_answer(std::string_view body) {
  return read_whole<Answer<bool>>(body, [](Fields const& from) { return Answer<bool>{true, header_of(from)}; });
}

Read<std::string> token_answer(std::string_view body) {
  return read_whole<std::string>(body, [](Fields const& from) {
    auto token = from.text("token");
    // It goes into a header as it is.
    bool const plain = token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/=") == std::string::npos;
    if (token.empty() || !plain) throw Unreadable{"\"token\" is no token"};
    return token;
  });
}

std::optional<Said> said(std::string_view body) {
  try {
    return said_in(document_of(body));
  } catch (Unreadable const&) {
    return std::nullopt;
  }
}

Read<WatchLine> watch_line(std::string_view line) {
  return read_whole<WatchLine>(line, [line](Fields const& from) {
    WatchLine read;
    read.said = said(line);
    if (read.said) return read;
    if (from.find("result") == nullptr) throw Unreadable{"\"result\" is missing"};
    auto const result = from.object("result");
    read.header = header_of(result);
    read.created = result.flag("created");
    read.canceled = result.flag("canceled");
    read.compacted = result.number("compact_revision");
    read.cancel_reason = result.text("cancel_reason");
    for (auto const& event : result.list("events")) read.events.push_back(watch_event(event));
    return read;
  });
}

}  // namespace tykup::net::etcd_json
