#include "pkg/executor/surroundings.hpp"

#include <gmock/gmock.h>

#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char const* kOther = "other.service";

/// A gateway host beside which another unit lives.
struct Neighbourhood : GatewayHost {
  Unit& add(std::string const& name, std::string const& file_state, std::string const& active = "active") {
    return units.add(name, "/usr/bin/other", active, file_state).unit;
  }
  /// What is lost if this happens to units between the record and the look.
  template <typename Change>
  std::vector<std::string> lost_after(Change const& change) {
    StepRecord record;
    EXPECT_TRUE(look_around(context(), component(), record));
    change();
    auto lost = lost_elsewhere(context(), component(), record);
    EXPECT_TRUE(lost);
    return lost ? *lost : std::vector<std::string>{"unreadable"};
  }
  void becomes(std::string const& name, std::string const& active, std::string const& sub) {
    auto& facts = units.at(name).unit.facts;
    facts.active_state = active;
    facts.sub_state = sub;
  }
  [[nodiscard]] Component const& component() const { return config.components.front(); }
};

// ---- what must stay up -------------------------------------------------------------------------------------------

struct Kind {
  char const* name;
  char const* file_state;
  char const* type;
  bool transient;
  std::vector<std::string> wanted_by;
  std::vector<std::string> required_by;
  bool counts;
  char const* unit = kOther;
};

class WhatStops : public Neighbourhood, public testing::WithParamInterface<Kind> {};

TEST_P(WhatStops, counts_or_not) {
  auto const& kind = GetParam();
  auto& unit = add(kind.unit, kind.file_state);
  unit.type = kind.type;
  unit.transient = kind.transient;
  unit.wanted_by = kind.wanted_by;
  unit.required_by = kind.required_by;
  add("enabled.service", "enabled", "inactive");
  add("static.service", "static");
  add("between.service", "static").required_by = {"enabled.service"};
  add("round.service", "static").required_by = {"about.service"};
  add("about.service", "static").required_by = {"round.service"};
  auto const lost = lost_after([&] { becomes(kind.unit, "inactive", "dead"); });
  if (kind.counts) {
    EXPECT_THAT(lost, ElementsAre(std::string(kind.unit) + " (stopped)"));
  } else {
    EXPECT_THAT(lost, IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Surroundings, WhatStops,
    testing::Values(
        Kind{"enabled", "enabled", "simple", false, {"multi-user.target"}, {}, true},
        Kind{"enabled_until_the_next_boot", "enabled-runtime", "simple", false, {}, {}, true},
        Kind{"an_init_script_of_a_run_level", "generated", "forking", false, {"multi-user.target"}, {}, true},
        Kind{"required_by_an_enabled_unit", "static", "notify", false, {}, {"enabled.service"}, true},
        Kind{"required_by_what_an_enabled_unit_requires", "static", "simple", false, {}, {"between.service"}, true},
        Kind{"on_the_bus_and_started_at_boot", "enabled", "dbus", false, {"multi-user.target"}, {}, true},
        Kind{"on_the_bus_and_required", "static", "dbus", false, {}, {"enabled.service"}, true},
        Kind{"on_the_bus_only", "static", "dbus", false, {}, {}, false},
        Kind{"on_the_bus_by_an_enabled_alias", "enabled", "dbus", false, {}, {}, false},
        Kind{"an_init_script_of_no_run_level", "generated", "forking", false, {}, {}, false},
        Kind{"disabled", "disabled", "simple", false, {}, {}, false},
        Kind{"static_alone", "static", "simple", false, {}, {}, false},
        Kind{"started_by_a_socket_alone", "indirect", "simple", false, {}, {}, false},
        Kind{"required_by_a_static_unit", "static", "simple", false, {}, {"static.service"}, false},
        Kind{"required_in_a_circle", "static", "simple", false, {}, {"round.service"}, false},
        Kind{"required_by_what_is_gone", "static", "simple", false, {}, {"gone.service"}, false},
        Kind{"oneshot", "enabled", "oneshot", false, {"multi-user.target"}, {}, false},
        Kind{"transient", "transient", "simple", true, {}, {"enabled.service"}, false},
        Kind{"the_component_itself", "enabled", "simple", false, {}, {}, false, "tyk-gateway.service"},
        Kind{"a_socket", "enabled", "", false, {"sockets.target"}, {}, false, "other.socket"}),
    [](auto const& tested) { return tested.param.name; });

// ---- what became of it -------------------------------------------------------------------------------------------

struct Fate {
  char const* name;
  char const* active;
  char const* sub;
  char const* lost;  ///< empty: nothing is
};

class WhatBecomes : public Neighbourhood, public testing::WithParamInterface<Fate> {};

TEST_P(WhatBecomes, is_named) {
  add(kOther, "enabled");
  auto const& fate = GetParam();
  auto const lost = lost_after([&] { becomes(kOther, fate.active, fate.sub); });
  EXPECT_THAT(lost, fate.lost[0] == '\0' ? testing::Matcher<std::vector<std::string>>(IsEmpty())
                                         : testing::Matcher<std::vector<std::string>>(ElementsAre(fate.lost)));
}

INSTANTIATE_TEST_SUITE_P(Surroundings, WhatBecomes,
                         testing::Values(Fate{"still_up", "active", "running", ""},
                                         Fate{"reloading", "reloading", "reload", ""},
                                         Fate{"restarting_slowly", "activating", "start", ""},
                                         Fate{"stopped", "inactive", "dead", "other.service (stopped)"},
                                         Fate{"failed", "failed", "failed", "other.service (failed)"},
                                         Fate{"hanging_in_its_stop", "deactivating", "stop-sigterm", "other.service (stopping)"},
                                         Fate{"crashing_again_and_again", "activating", "auto-restart",
                                              "other.service (ends again and again)"}),
                         [](auto const& tested) { return tested.param.name; });

// ---- what failed -------------------------------------------------------------------------------------------------

TEST_F(Neighbourhood, a_unit_of_any_kind_that_fails_counts_whether_it_is_enabled_or_not) {
  add("mail.socket", "disabled");
  add("data.mount", "generated");
  auto const lost = lost_after([&] {
    becomes("mail.socket", "failed", "failed");
    becomes("data.mount", "failed", "failed");
  });
  EXPECT_THAT(lost, ElementsAre("data.mount (failed)", "mail.socket (failed)"));
}

TEST_F(Neighbourhood, what_comes_and_goes_may_fail) {
  add("nightly.service", "enabled").type = "oneshot";
  add("run-u7.service", "transient").transient = true;
  add("session-3.scope", "transient");
  add("hostnamed.service", "static").type = "dbus";
  auto const lost = lost_after([&] {
    for (auto const* name : {"nightly.service", "run-u7.service", "session-3.scope", "hostnamed.service"})
      becomes(name, "failed", "failed");
  });
  EXPECT_THAT(lost, IsEmpty());
}

TEST_F(Neighbourhood, what_had_failed_before_is_not_ours) {
  add(kOther, "enabled", "inactive");
  becomes(kOther, "failed", "failed");
  EXPECT_THAT(lost_after([] {}), IsEmpty());
}

TEST_F(Neighbourhood, what_was_stopped_before_is_not_missed) {
  add(kOther, "enabled", "inactive");
  EXPECT_THAT(lost_after([] {}), IsEmpty());
}

TEST_F(Neighbourhood, a_unit_that_systemd_has_forgotten_is_stopped) {
  add(kOther, "enabled");
  EXPECT_THAT(lost_after([&] { units.forget(kOther); }), ElementsAre("other.service (stopped)"));
}

TEST_F(Neighbourhood, what_lives_on_the_component_takes_a_moment_to_notice_that_it_lost_it) {
  add(kOther, "enabled");
  patience = std::chrono::seconds{2};
  int looks = 0;
  auto const lost = lost_after([&] {
    units.before_look = [&] {
      if (++looks == 3) becomes(kOther, "failed", "failed");
    };
  });
  EXPECT_THAT(lost, ElementsAre("other.service (failed)"));
}

TEST_F(Neighbourhood, a_component_that_is_down_itself_is_not_watched_over) {
  patience = std::chrono::seconds{2};
  int looks = 0;
  auto const lost = lost_after([&] {
    units.before_look = [&] { ++looks; };
    becomes("tyk-gateway.service", "failed", "failed");
  });
  EXPECT_THAT(lost, IsEmpty());
  EXPECT_EQ(looks, 1);
}

}  // namespace
}  // namespace tykup::executor
