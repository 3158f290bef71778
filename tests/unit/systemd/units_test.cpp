#include "systemd/units.hpp"

#include <gmock/gmock.h>

#include "tests/unit/systemd/bus_world.hpp"

namespace tykup::systemd {
namespace {

using bus::Message;
using fakes::run;
using testing::HasSubstr;

void entry(Message& reply, char const* name) { reply.open(SD_BUS_TYPE_DICT_ENTRY, "sv").write(name); }
void text(Message& reply, char const* name, char const* value) {
  entry(reply, name);
  reply.open(SD_BUS_TYPE_VARIANT, "s").write(value).close().close();
}
void number(Message& reply, char const* name, std::uint32_t value) {
  entry(reply, name);
  reply.open(SD_BUS_TYPE_VARIANT, "u").write(value).close().close();
}
void time(Message& reply, char const* name, std::uint64_t value) {
  entry(reply, name);
  reply.open(SD_BUS_TYPE_VARIANT, "t");
  sd_bus_message_append_basic(reply.get(), SD_BUS_TYPE_UINT64, &value);
  reply.close().close();
}
void list(Message& reply, char const* name) {
  entry(reply, name);
  reply.open(SD_BUS_TYPE_VARIANT, "a(ss)").open(SD_BUS_TYPE_ARRAY, "(ss)");
  reply.open(SD_BUS_TYPE_STRUCT, "ss").write("a").write("b").close().close().close().close();
}

/// systemd with one service in it, which is also known by another name.
class HostUnits : public testing::Test {
 protected:
  void SetUp() override {
    peer.on("GetAll", [this](Message& call) { return get_all(call); });
    ASSERT_TRUE(run(loop, bus.start()));
  }
  Message get_all(Message& call) {
    path = sd_bus_message_get_path(call.get());
    interface = call.read_string().value();
    Message reply = call.reply();
    reply.open(SD_BUS_TYPE_ARRAY, "{sv}");
    text(reply, "Id", "redis-server.service");
    list(reply, "ExecStartPre");
    text(reply, "LoadState", "loaded");
    text(reply, "ActiveState", "active");
    text(reply, "SubState", "running");
    text(reply, "UnitFileState", "enabled");
    number(reply, "MainPID", 812);
    number(reply, "NRestarts", 3);
    time(reply, "ExecMainStartTimestamp", 1'700'000'000'000'123);
    return reply.close();
  }

  boost::asio::io_context loop;
  fakes::Peer peer{loop};
  bus::SystemBus bus{loop.get_executor(), [this]() -> Result<std::shared_ptr<bus::Connection>> { return peer.connect(); }, {}};
  Host host{bus, JournalReader{"/nonexistent"}};
  std::string path;
  std::string interface;
};

TEST_F(HostUnits, all_facts_come_from_one_answer) {
  auto const facts = run(loop, host.unit("redis.service"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(path, "/org/freedesktop/systemd1/unit/redis_2eservice");
  EXPECT_EQ(interface, "") << "every interface at once";
  EXPECT_EQ(facts->name, "redis-server.service");
  EXPECT_EQ(facts->load_state, "loaded");
  EXPECT_EQ(facts->active_state, "active");
  EXPECT_EQ(facts->sub_state, "running");
  EXPECT_EQ(facts->unit_file_state, "enabled");
  EXPECT_EQ(facts->main_pid, 812U);
  EXPECT_EQ(facts->restarts, 3U);
  EXPECT_EQ(facts->started, Instant{Duration{1'700'000'000'000'123}});
  EXPECT_TRUE(facts->running());
}

TEST_F(HostUnits, an_error_of_systemd_names_the_unit) {
  peer.on("GetAll", [](Message& call) { return call.error_reply("org.freedesktop.DBus.Error.UnknownObject", "Unknown object"); });
  auto const facts = run(loop, host.unit("tyk-gateway.service"));
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(facts.error().message, HasSubstr("tyk-gateway.service"));
}

TEST_F(HostUnits, an_answer_of_another_shape_is_an_error) {
  peer.on("GetAll", [](Message& call) { return call.reply().write("no dictionary"); });
  EXPECT_FALSE(run(loop, host.unit("tyk-gateway.service")));
}

TEST_F(HostUnits, a_journal_that_cannot_be_opened_is_an_error_that_names_the_group) {
  auto const sight = host.journal("tyk-gateway.service", Instant{});
  ASSERT_FALSE(sight);
  EXPECT_THAT(sight.error().message, HasSubstr("systemd-journal"));
}

TEST(HostWithoutBus, says_that_the_bus_is_away) {
  boost::asio::io_context loop;
  bus::SystemBus bus{loop.get_executor(), []() -> Result<std::shared_ptr<bus::Connection>> { return fail(ErrorKind::Internal, "x"); }, {}};
  Host host{bus, JournalReader{}};
  auto const facts = run(loop, host.unit("tyk-gateway.service"));
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message, HasSubstr("tyk-gateway.service"));
  EXPECT_THAT(facts.error().message, HasSubstr("system bus"));
}

TEST(UnitFactsFromProperties, a_unit_that_systemd_does_not_know) {
  bus::Properties const properties{{"Id", std::string{"ghost.service"}}, {"LoadState", std::string{"not-found"}},
                                   {"ActiveState", std::string{"inactive"}}, {"UnitFileState", std::string{}}};
  auto const facts = unit_facts("ghost.service", properties);
  EXPECT_EQ(facts.load_state, "not-found");
  EXPECT_EQ(facts.unit_file_state, "");
  EXPECT_EQ(facts.main_pid, 0U);
  EXPECT_EQ(facts.started, std::nullopt);
  EXPECT_FALSE(facts.running());
}

TEST(UnitFactsFromProperties, a_unit_that_never_ran_has_no_start) {
  bus::Properties const properties{{"ExecMainStartTimestamp", std::uint64_t{0}}, {"MainPID", std::string{"surprise"}}};
  auto const facts = unit_facts("x.service", properties);
  EXPECT_EQ(facts.name, "x.service");
  EXPECT_EQ(facts.started, std::nullopt);
  EXPECT_EQ(facts.main_pid, 0U);
}

}  // namespace
}  // namespace tykup::systemd
