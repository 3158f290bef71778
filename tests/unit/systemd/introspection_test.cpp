#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tests/unit/systemd/service_world.hpp"

namespace tykup::systemd {
namespace {

std::string read(std::string const& file) {
  std::ifstream in(std::string{TYKUP_SOURCE_DIR} + "/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string attribute(std::string const& tag, std::string const& name) {
  std::smatch found;
  return std::regex_search(tag, found, std::regex("\\s" + name + "=\"([^\"]*)\"")) ? found[1].str() : std::string{};
}

/// Every member of the interface on a line of its own: "method Run in:s:plan_hash out:s:run", in no order.
std::set<std::string> members(std::string xml) {
  xml = std::regex_replace(xml, std::regex("<!--[^]*?-->"), "");
  std::smatch body;
  if (!std::regex_search(xml, body, std::regex("<interface name=\"org\\.tykup1\\.Manager\">([^]*?)</interface>"))) return {};
  std::string const text = body[1];
  std::set<std::string> all;
  std::string member;
  std::regex const tags("<(/?)(method|signal|property|arg|annotation)\\b([^>]*)>");
  for (std::sregex_iterator at(text.begin(), text.end(), tags), end; at != end; ++at) {
    std::string const kind = (*at)[2];
    std::string const tag = (*at)[3];
    bool const closing = (*at)[1].length() > 0;
    if (kind == "arg") {
      member += " " + attribute(tag, "direction") + ":" + attribute(tag, "type") + ":" + attribute(tag, "name");
    } else if (kind == "annotation") {
      member += " " + attribute(tag, "name") + "=" + attribute(tag, "value");
    } else if (!closing) {
      member = kind + " " + attribute(tag, "name") + " " + attribute(tag, "type") + attribute(tag, "access");
    }
    bool const complete = closing || (tag.ends_with('/') && kind != "arg" && kind != "annotation");
    if (complete) all.insert(member);
  }
  return all;
}

TEST(Introspection, what_runs_is_what_is_documented) {
  fakes::ServiceWorld world;
  ASSERT_TRUE(world.start());
  auto answer = world.peer.ask(world.peer.call_as(":1.9", "Introspect", "org.freedesktop.DBus.Introspectable"));
  ASSERT_TRUE(answer) << answer.error().message;
  auto const running = members(answer->read_string().value());
  EXPECT_EQ(running.size(), 24U);
  EXPECT_EQ(running, members(read("systemd/dbus/org.tykup1.Manager.xml")));
}

TEST(Introspection, the_comparison_sees_a_difference) {
  std::string const file = read("systemd/dbus/org.tykup1.Manager.xml");
  auto const documented = members(file);
  EXPECT_NE(members(std::regex_replace(file, std::regex("ignore_unhealthy"), "force")), documented);
  EXPECT_NE(members(std::regex_replace(file, std::regex("<method name=\"Stop\"/>"), "")), documented);
  EXPECT_NE(members(std::regex_replace(file, std::regex("name=\"limit\" type=\"u\""), "name=\"limit\" type=\"t\"")), documented);
}

TEST(PolkitPolicy, declares_exactly_the_actions_that_are_asked_for) {
  fakes::ServiceWorld world;
  ASSERT_TRUE(world.start());
  for (char const* member : {"Check", "Stop"}) (void)world.peer.ask(world.peer.call_as(":1.9", member));
  for (char const* member : {"Run", "RunInFreeze"}) {
    bus::Message call = world.peer.call_as(":1.9", member);
    call.write("abc").write(false);
    (void)world.peer.ask(std::move(call));
  }
  std::map<std::string, int> const words{{"Hold", 3}, {"Release", 1}, {"Approve", 2}, {"ForgetBad", 1}, {"RollBack", 2}, {"SteerFleet", 1}};
  for (auto const& [member, texts] : words) {
    bus::Message call = world.peer.call_as(":1.9", member.c_str());
    call.write("abc");
    for (int i = 1; i < texts; ++i) call.write("");
    (void)world.peer.ask(std::move(call));
  }
  std::set<std::string> asked;
  for (auto const& question : world.questions) asked.insert(question.action);
  std::string const policy = read("systemd/polkit/org.tykup1.policy");
  std::set<std::string> declared;
  std::regex const action("<action id=\"([^\"]+)\">");
  for (std::sregex_iterator at(policy.begin(), policy.end(), action), end; at != end; ++at) declared.insert((*at)[1]);
  EXPECT_EQ(asked.size(), 9U);
  EXPECT_EQ(declared, asked);
}

TEST(PolkitPolicy, lets_the_daemon_ask_about_other_users) {
  std::string const policy = read("systemd/polkit/org.tykup1.policy");
  std::regex const owned("<action id=[^]*?</action>");
  int actions = 0;
  for (std::sregex_iterator at(policy.begin(), policy.end(), owned), end; at != end; ++at, ++actions)
    EXPECT_NE(at->str().find("<annotate key=\"org.freedesktop.policykit.owner\">unix-user:tykup</annotate>"), std::string::npos) << at->str();
  EXPECT_EQ(actions, 9);
}

}  // namespace
}  // namespace tykup::systemd
