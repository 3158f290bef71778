#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/result.hpp"

/// What is said to etcd (v3) and what it answers, as values: the fleet's transactions are built and judged without a
/// connection. Meanings are those of etcd's own `rpc.proto`.
namespace tykup::etcd {

using Revision = std::int64_t;
using LeaseId = std::int64_t;  ///< 0: none

struct KeyValue {
  std::string key = {};
  std::string value = {};
  Revision create_revision = 0;
  Revision mod_revision = 0;
  std::int64_t version = 0;
  LeaseId lease = 0;

  friend bool operator==(KeyValue const&, KeyValue const&) = default;
};

/// [begin, end). `end` empty: the one key `begin`.
struct KeyRange {
  std::string begin = {};
  std::string end = {};

  friend bool operator==(KeyRange const&, KeyRange const&) = default;
};
/// Every key that begins with it; `prefix` is not empty.
[[nodiscard]] KeyRange under(std::string prefix);

/// One comparison. Over a range it must hold for every key in it. Where no key is, version, create and mod revision and lease
/// are compared as 0 (so `Version Equal 0` over a range says that it is empty) and a comparison of values never holds.
struct Compare {
  enum class Target { Version, CreateRevision, ModRevision, Value, Lease };
  enum class Relation { Equal, NotEqual, Less, Greater };
  KeyRange keys;
  Target target = Target::Version;
  Relation relation = Relation::Equal;
  std::int64_t number = 0;  ///< for every target but Value
  std::string value = {};   ///< for Value
};

struct Get {
  KeyRange keys;
  std::int64_t limit = 0;  ///< 0: all
  enum class Order { Ascending, Descending } order = Order::Ascending;
  bool keys_only = false;
  bool count_only = false;
  enum class By { Key, CreateRevision } by = By::Key;  ///< what `order` sorts by
  Revision max_create_revision = 0;                    ///< only keys that were created at it or before; 0: all
};
struct Put {
  std::string key;
  std::string value;
  LeaseId lease = 0;
};
struct Delete {
  KeyRange keys;
};
struct Txn;
/// `Txn` nests. A shared pointer would make values alias: a vector of one is the box.
struct Nested {
  std::vector<Txn> txn;  ///< exactly one
};
using Op = std::variant<Get, Put, Delete, Nested>;

/// All of `compares` hold → `then`, else `otherwise`; one revision. Compares, those of nested ones too, are judged before
/// anything is done; gets see what was put before them. etcd's limits: 128 of each kind (a nested one has what its outer one
/// left), and no key is put twice.
struct Txn {
  std::vector<Compare> compares = {};
  std::vector<Op> then = {};
  std::vector<Op> otherwise = {};
};

struct Got {
  std::vector<KeyValue> values = {};
  std::int64_t count = 0;  ///< of all keys in the range, whatever the limit
  bool more = false;

  friend bool operator==(Got const&, Got const&) = default;
};
struct PutDone {
  friend bool operator==(PutDone const&, PutDone const&) = default;
};
struct Deleted {
  std::int64_t count = 0;

  friend bool operator==(Deleted const&, Deleted const&) = default;
};
struct TxnDone;
struct NestedDone {
  std::vector<TxnDone> done;  ///< exactly one

  friend bool operator==(NestedDone const&, NestedDone const&) = default;
};
using OpDone = std::variant<Got, PutDone, Deleted, NestedDone>;

/// `revision` is the store's after the transaction (in a nested one the outer's).
struct TxnDone {
  bool succeeded = false;
  std::vector<OpDone> answers = {};
  Revision revision = 0;

  friend bool operator==(TxnDone const&, TxnDone const&) = default;
};

struct Lease {
  LeaseId id = 0;
  std::chrono::seconds ttl = {};  ///< as etcd has it: at least some seconds, whatever was asked for

  friend bool operator==(Lease const&, Lease const&) = default;
};

/// What every answer of etcd says of the one that answered.
struct Header {
  std::uint64_t cluster_id = 0;
  std::uint64_t member_id = 0;
  Revision revision = 0;
  std::uint64_t raft_term = 0;

  friend bool operator==(Header const&, Header const&) = default;
};

/// One change that a watch reports.
struct WatchEvent {
  enum class Kind { Put, Delete } kind = Kind::Put;
  KeyValue value;  ///< Delete: key and mod_revision only

  friend bool operator==(WatchEvent const&, WatchEvent const&) = default;
};

/// Why a watch is over. After every end: read, then watch from the revision of what was read + 1.
struct WatchEnd {
  enum class Reason {
    Closed,       ///< by etcd or on the way, or nothing was heard of it for long
    Compacted,    ///< what it should have told is no longer there
    NoLeader,     ///< the member has lost its cluster
    Unreachable,  ///< no endpoint took it
    Refused       ///< etcd knows us and says no
  };
  Reason reason = Reason::Closed;
  Revision compacted = 0;  ///< Compacted: the oldest revision that a watch may begin with
  Error error = {};        ///< for the operator

  friend bool operator==(WatchEnd const&, WatchEnd const&) = default;
};

/// What a watch tells at once, in the order of the revisions; all of one revision together.
struct WatchNews {
  std::vector<WatchEvent> events = {};  ///< none: a sign of life
  Revision revision = 0;                ///< nothing up to it is untold
  std::optional<WatchEnd> end = {};     ///< nothing follows

  friend bool operator==(WatchNews const&, WatchNews const&) = default;
};

}  // namespace tykup::etcd
