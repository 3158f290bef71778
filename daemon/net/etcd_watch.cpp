#include "daemon/net/etcd_watch.hpp"

#include "daemon/core/time.hpp"

namespace tykup::net {

namespace {

using Kind = EtcdVerdict::Kind;
using Reason = etcd::WatchEnd::Reason;

Reason reason_of(EtcdVerdict const& verdict) {
  if (verdict.error.message.find("it has no leader") != std::string::npos) return Reason::NoLeader;
  return verdict.kind == Kind::NotDone || verdict.kind == Kind::Unknown ? Reason::Unreachable : Reason::Refused;
}

}  // namespace

std::string name_of_keys(etcd::KeyRange const& keys) {
  if (keys.end.empty()) return keys.begin;
  if (keys == etcd::under(keys.begin)) return "what begins with " + keys.begin;
  return keys.begin + " to " + keys.end;
}

boost::asio::awaitable<etcd::WatchNews> EtcdWatch::next() {
  if (!open_ && !end_) co_await open();
  while (!end_) {
    auto const line = co_await stream_->next(session_->options().silence);
    if (end_) break;
    if (!line.problem.empty()) {
      bool const silent = line.problem == Budget(session_->options().silence).overdue();
      auto const why = silent ? "nothing was heard of it for " + to_human(session_->options().silence) : line.problem;
      end(Reason::Closed, {ErrorKind::EtcdUnavailable, "the watch of " + name_of_keys(keys_) + " at " +
                                                           session_->asked(endpoint_, {}).endpoint + " is over: " + why});
      break;
    }
    auto news = told(line.text);
    if (news) co_return std::move(*news);
  }
  etcd::WatchNews last;
  last.end = end_;
  co_return last;
}

boost::asio::awaitable<void> EtcdWatch::open() {
  EtcdCall call{"watch", etcd_json::watch_request(keys_, from_), name_of_keys(keys_), true};
  auto verdict = co_await session_->open_watch(std::move(call), stream_, endpoint_);
  open_ = true;
  if (verdict.kind != Kind::Answered && !end_) end_as(std::move(verdict));
}

std::optional<etcd::WatchNews> EtcdWatch::told(std::string const& text) {
  auto line = etcd_json::watch_line(text);
  auto const asked = session_->asked(endpoint_, name_of_keys(keys_));
  if (!line) {
    end(Reason::Closed, {ErrorKind::EtcdUnavailable, "etcd at " + asked.endpoint + " tells of a watch what is no news: " + line.error()});
    return std::nullopt;
  }
  if (line->compacted != 0) {
    end_.emplace();
    end_->reason = Reason::Compacted;
    end_->compacted = line->compacted;
    end_->error = {ErrorKind::EtcdUnavailable, "etcd at " + asked.endpoint + ": the changes of " + asked.keys + " from revision " +
                                                   std::to_string(from_) + " on were compacted up to " + std::to_string(line->compacted)};
    return std::nullopt;
  }
  if (line->said || line->canceled) {
    auto const said = line->said.value_or(etcd_json::Said{3, line->cancel_reason});
    auto verdict = judge(said, asked);
    auto const reason = reason_of(verdict);
    end(reason == Reason::Unreachable ? Reason::Closed : reason, std::move(verdict.error));
    return std::nullopt;
  }
  session_->saw(line->header);
  if (line->created) return std::nullopt;
  etcd::WatchNews news;
  news.events = std::move(line->events);
  // A header may be of a later revision than the last change that this line tells of.
  news.revision = news.events.empty() ? line->header.revision : news.events.back().value.mod_revision;
  return news;
}

void EtcdWatch::end(Reason reason, Error error) {
  end_.emplace();
  end_->reason = reason;
  session_->failed(endpoint_, error.message);
  end_->error = std::move(error);
}

void EtcdWatch::end_as(EtcdVerdict verdict) {
  end_.emplace();
  end_->reason = reason_of(verdict);
  end_->error = std::move(verdict.error);
}

void EtcdWatch::close() {
  if (!end_) end_.emplace();
  if (stream_) stream_->connection.close();
}

}  // namespace tykup::net
