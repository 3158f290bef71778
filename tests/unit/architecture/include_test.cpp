#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/architecture/includes.hpp"

namespace tykup::architecture {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(IncludeTest, the_house_is_built_as_planned) {
  auto const sources = read_sources(TYKUP_SOURCE_DIR);
  ASSERT_TRUE(sources.contains("daemon/core/result.hpp"));
  ASSERT_TRUE(sources.contains("daemon/net/http_get.cpp"));
  ASSERT_TRUE(sources.contains("pkg/package_manager.hpp"));
  EXPECT_THAT(forbidden_includes(sources), IsEmpty());
}

struct Row {
  char const* file;
  char const* line;
  char const* complaint;
};

TEST(IncludeTest, a_wall_that_is_broken_is_named) {
  Row const rows[] = {
      {"daemon/core/plan.cpp", "#include <unistd.h>", "the core is pure"},
      {"daemon/core/plan.cpp", "#include <fstream>", "the core is pure"},
      {"daemon/core/plan.cpp", "#include <thread>  // fast", "the core is pure"},
      {"daemon/core/plan.hpp", "#include <boost/asio/awaitable.hpp>", "the core is pure"},
      {"daemon/core/plan.hpp", "#include <nlohmann/json.hpp>", "the core is pure"},
      {"daemon/core/plan.cpp", "#  include \"daemon/wire/state_json.hpp\"", "its layer does not know"},
      {"daemon/wire/x.cpp", "#include \"daemon/os/store.hpp\"", "its layer does not know"},
      {"daemon/core/rollout.cpp", "#include \"daemon/fault/fault.hpp\"", "its layer does not know"},
      {"daemon/fault/fault.cpp", "#include \"daemon/agent/agent.hpp\"", "its layer does not know"},
      {"daemon/agent/agent.cpp", "#include \"daemon/net/http_prober.hpp\"", "its layer does not know"},
      {"daemon/net/http_get.cpp", "#include \"daemon/os/clock.hpp\"", "its layer does not know"},
      {"daemon/os/clock.cpp", "#include \"systemd/notify.hpp\"", "its layer does not know"},
      {"systemd/service.cpp", "#include \"daemon/os/clock.hpp\"", "its layer does not know"},
      {"pkg/apt/apply.cpp", "#include \"pkg/executor/main.hpp\"", "its layer does not know"},
      {"pkg/executor/main.cpp", "#include \"daemon/agent/agent.hpp\"", "share only core, wire"},
      {"pkg/executor/main.cpp", "#include \"daemon/os/store.hpp\"", "share only core, wire"},
      {"daemon/main.cpp", "#include \"pkg/apt/apt_package_manager.hpp\"", "share only core, wire"},
      {"pkg/executor/main.cpp", "#include <apt-pkg/init.h>", "libapt-pkg lives in pkg/apt"},
      {"pkg/apt/apply.cpp", "#include <rpm/rpmlib.h>", "live in pkg/rpm"},
      {"pkg/apt/apply.cpp", "#include <libdnf/dnf-context.h>", "live in pkg/rpm"},
      {"daemon/os/clock.cpp", "#include <systemd/sd-bus.h>", "libsystemd lives in"},
      {"pkg/apt/apply.cpp", "#include <systemd/sd-journal.h>", "libsystemd lives in"},
      {"daemon/os/clock.cpp", "#include <sqlite3.h>", "SQLite lives in"},
      {"daemon/os/store.hpp", "#include <sqlite3.h>", "SQLite lives in"},
      {"daemon/os/clock.cpp", "#include <boost/beast/core.hpp>", "Beast lives in"},
      {"daemon/net/http_get.hpp", "#include <boost/beast.hpp>", "Beast lives in"},
      {"daemon/agent/agent.cpp", "#include <boost/url.hpp>", "Boost.URL lives in"},
      {"daemon/os/config_loader.cpp", "#include <toml++/toml.h>", "toml++ lives in"},
      {"daemon/os/ics_event.hpp", "#include <libical/ical.h>", "libical lives in"},
  };
  for (auto const& row : rows) {
    auto const found = forbidden_includes({{row.file, std::string("// words\n") + row.line + "\n"}});
    ASSERT_EQ(found.size(), 1U) << row.file << ": " << row.line;
    EXPECT_THAT(found.front(), HasSubstr(row.complaint));
    EXPECT_THAT(found.front(), testing::StartsWith(row.file));
  }
}

TEST(IncludeTest, doors_are_open_where_the_plan_has_them) {
  Sources const sources{
      {"daemon/core/plan.cpp", "#include <vector>\n#include <tl/expected.hpp>\n#include \"daemon/core/plan.hpp\"\n"},
      {"daemon/os/store_database.cpp",
       "#include <sqlite3.h>\n#include <unistd.h>\n#include \"daemon/wire/state_json.hpp\"\n"},
      {"daemon/net/http_get.cpp", "#include <boost/beast/core.hpp>\n#include \"daemon/agent/ports.hpp\"\n"},
      {"pkg/executor/main.cpp",
       "#include \"daemon/os/config_loader.hpp\"\n#include \"pkg/apt/apt_package_manager.hpp\"\n"},
      {"systemd/bus/driver.cpp", "#include <systemd/sd-bus.h>\n#include \"daemon/agent/controls.hpp\"\n"},
      {"pkg/apt/apply.cpp", "#include \"daemon/fault/fault.hpp\"\n"},
      {"pkg/executor/ledger.cpp", "#include \"daemon/fault/fault.hpp\"\n"},
      {"daemon/main.cpp", "#include \"systemd/notify.hpp\"\n#include \"daemon/net/http_prober.hpp\"\n"},
  };
  EXPECT_THAT(forbidden_includes(sources), IsEmpty());
}

TEST(IncludeTest, a_fourth_file_with_beast_is_named) {
  Sources sources;
  for (auto const* name : {"a", "b", "c"}) {
    sources[std::string("daemon/net/") + name + ".cpp"] =
        "#include <boost/beast/core.hpp>\n#include <boost/beast/http.hpp>\n";
  }
  EXPECT_THAT(forbidden_includes(sources), IsEmpty());
  sources["daemon/net/d.cpp"] = "#include <boost/beast/core.hpp>\n";
  EXPECT_THAT(forbidden_includes(sources), testing::ElementsAre(HasSubstr("daemon/net/d.cpp includes Beast")));
}

}  // namespace
}  // namespace tykup::architecture
