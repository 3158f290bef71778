#include "daemon/os/mail_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/local/stream_protocol.hpp>

#include "tests/fakes/await_on.hpp"
#include "tests/fakes/scripted_executor.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

using notify::Delivery;
using testing::HasSubstr;
using namespace std::chrono_literals;

struct Answer {
  char const* name;
  char const* said;
  Delivery::End end;
  char const* why;
};

class MailAnswer : public testing::TestWithParam<Answer> {};

TEST_P(MailAnswer, tells_what_became_of_the_message) {
  auto const [name, said, end, why] = GetParam();
  fakes::TemporaryFolder const folder;
  boost::asio::io_context loop;
  fakes::ScriptedExecutor const unit(loop, folder / "mail.sock", {{{}, said}});
  MailClient mail((folder / "mail.sock").string());
  auto const delivery = fakes::await_on(loop, mail.send("To: ops@example.com\nSubject: x\n\nbody\n"));
  EXPECT_EQ(delivery.end, end);
  EXPECT_THAT(delivery.why, HasSubstr(why));
  EXPECT_THAT(unit.requests(), testing::ElementsAre("To: ops@example.com"));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, MailAnswer,
    testing::Values(Answer{"taken", "0 \n", Delivery::End::Sent, ""}, Answer{"taken_with_a_warning", "0 sendmail: warning: x\n", Delivery::End::Sent, ""},
                    Answer{"queue_is_full", "75 sendmail: fatal: queue file write error\n", Delivery::End::Again, "status 75: sendmail: fatal: queue file write error"},
                    Answer{"nobody_of_that_name", "67 unknown user\n", Delivery::End::Never, "unknown user"},
                    Answer{"no_mail_system", "127 there is no /usr/sbin/sendmail on this host\n", Delivery::End::Again, "there is no /usr/sbin/sendmail"},
                    Answer{"killed_half_way", "", Delivery::End::Again, "nothing is known of what became of it"},
                    Answer{"nonsense", "ok\n", Delivery::End::Again, "nothing is known of what became of it"}),
    [](testing::TestParamInfo<Answer> const& each) { return std::string(each.param.name); });

TEST(MailClient, names_the_socket_that_is_not_there) {
  fakes::TemporaryFolder const folder;
  boost::asio::io_context loop;
  MailClient mail((folder / "mail.sock").string());
  auto const delivery = fakes::await_on(loop, mail.send("To: x\n"));
  EXPECT_EQ(delivery.end, Delivery::End::Again);
  EXPECT_THAT(delivery.why, HasSubstr((folder / "mail.sock").string() + " does not answer (No such file or directory): look at `systemctl status tykup-mail.socket`"));
}

TEST(MailClient, leaves_a_mail_system_that_hangs) {
  fakes::TemporaryFolder const folder;
  boost::asio::io_context loop;
  boost::asio::local::stream_protocol::acceptor const deaf(loop, boost::asio::local::stream_protocol::endpoint((folder / "mail.sock").string()));
  MailClient mail((folder / "mail.sock").string(), 200ms);
  auto const delivery = fakes::await_on(loop, mail.send("To: x\n\n" + std::string(1 << 20, 'x')));
  EXPECT_EQ(delivery.end, Delivery::End::Again);
  EXPECT_THAT(delivery.why, HasSubstr("sendmail was not done in"));
}

}  // namespace
}  // namespace tykup::os
