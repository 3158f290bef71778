#include <algorithm>

#include "daemon/core/rollout.hpp"

namespace tykup::rollout {
namespace {

constexpr std::size_t kDurationsKept = 10;

/// What each record does to the memory.
struct Apply {
  Memory& memory;

  void operator()(record::Seen const& record) const { memory.seen.push_back(record.version); }
  void operator()(record::Outgrown const& record) const {
    std::erase_if(memory.seen, [&](auto const& seen) { return seen.component == record.component && seen.version == record.version; });
  }
  void operator()(record::Bad const& record) const {
    std::erase_if(memory.bad, [&](auto const& known) {
      return known.component == record.version.component && known.version == record.version.version;
    });
    memory.bad.push_back(record.version);
  }
  void operator()(record::Took const& record) const {
    auto& durations = memory.durations[record.component];
    durations.insert(durations.begin(), record.duration);
    if (durations.size() > kDurationsKept) durations.resize(kDurationsKept);
  }
  void operator()(record::History const&) const {}
  void operator()(record::Held const& record) const {
    (*this)(record::Released{record.hold.component});
    memory.holds.push_back(record.hold);
  }
  void operator()(record::Released const& record) const {
    std::erase_if(memory.holds, [&](auto const& hold) { return hold.component == record.component; });
  }
  void operator()(record::Approved const& record) const { memory.approval = record.approval; }
  void operator()(record::Unapproved const&) const { memory.approval.reset(); }
  void operator()(record::Forgot const& record) const {
    std::erase_if(memory.bad, [&](auto const& bad) {
      return (record.component.empty() || bad.component == record.component) &&
             (record.version.empty() || bad.version == record.version);
    });
  }
  void operator()(record::PluginChecked const& record) const {
    auto const& said = record.plugin;
    std::erase_if(memory.plugins, [&](auto const& known) {
      return known.package == said.package && known.plugin == said.plugin && known.symbol == said.symbol;
    });
    memory.plugins.push_back(said);
    if (memory.plugins.size() > kPluginAnswersKept) memory.plugins.erase(memory.plugins.begin());
  }
  void operator()(record::Told const& record) const {
    memory.told.push_back(record.notification.key);
    if (memory.told.size() > notify::kKeysKept) memory.told.erase(memory.told.begin());
  }
};

}  // namespace

void apply_record(Memory& memory, Record const& record) { std::visit(Apply{memory}, record); }

}  // namespace tykup::rollout
