#include <gtest/gtest.h>

#include "pkg/common/child.hpp"
#include "pkg/apt/errors.hpp"

namespace tykup::pkg::apt {
namespace {

struct Words {
  char const* said;
  ErrorKind kind;
};

class FetchWords : public ::testing::TestWithParam<Words> {};

TEST_P(FetchWords, mean_one_kind_of_the_closed_list) {
  EXPECT_EQ(to_string(classify_fetch(GetParam().said)), to_string(GetParam().kind)) << GetParam().said;
}

INSTANTIATE_TEST_SUITE_P(
    table, FetchWords,
    ::testing::Values(
        Words{"Temporary failure resolving 'packagecloud.io'", ErrorKind::RepositoryUnreachable},
        Words{"Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)", ErrorKind::RepositoryUnreachable},
        Words{"Connection timed out", ErrorKind::RepositoryUnreachable},
        Words{"404  Not Found [IP: 1.2.3.4 443]", ErrorKind::RepositoryUnreachable},
        Words{"The repository 'https://x bookworm Release' does not have a Release file.", ErrorKind::RepositoryUnreachable},
        Words{"something apt never said before", ErrorKind::RepositoryUnreachable},
        Words{"Certificate verification failed: The certificate is NOT trusted. The name in the certificate does not match the "
              "expected.\nThe repository does not have a Release file.",
              ErrorKind::RepositoryCertificate},
        Words{"Could not handshake: Error in the certificate verification.", ErrorKind::RepositoryCertificate},
        Words{"The repository 'https://x bookworm InRelease' is not signed.", ErrorKind::RepositoryUnsigned},
        Words{"Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)", ErrorKind::RepositoryUnsigned},
        Words{"The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 1\nThe repository "
              "is not signed.",
              ErrorKind::RepositoryWrongKey},
        Words{"Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key F37, which is needed to verify "
              "signature.",
              ErrorKind::RepositoryWrongKey},
        Words{"Signing key on 91796215A8758C40 is not bound: SHA1 is not considered secure", ErrorKind::KeyTooWeak},
        Words{"Signature by key 1 uses weak digest algorithm (SHA1)", ErrorKind::KeyTooWeak},
        Words{"The following signatures were invalid: EXPKEYSIG 87BE Tyk", ErrorKind::RepositoryExpired},
        Words{"Release file for https://x is expired (invalid since 1h).", ErrorKind::RepositoryExpired},
        Words{"Release file for https://x is not valid yet (invalid for another 3h)", ErrorKind::RepositoryExpired},
        Words{"The following signatures were invalid: BADSIG 87BE Tyk", ErrorKind::HashMismatch},
        Words{"Hash Sum mismatch", ErrorKind::HashMismatch},
        Words{"File has unexpected size (3 != 4). Mirror sync in progress?", ErrorKind::HashMismatch},
        Words{"Repository 'x' changed its 'Origin' value from 'a' to 'b'", ErrorKind::NotAllowed},
        Words{"write: No space left on device", ErrorKind::NoSpace}));

TEST(Tail, is_the_last_lines_whatever_the_end) {
  EXPECT_EQ(tail_of("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(tail_of("a\nb", 5), "a\nb");
  EXPECT_EQ(tail_of("", 5), "");
  EXPECT_EQ(tail_of("\n\n", 5), "");
  EXPECT_EQ(tail_of("one", 1), "one");
}

TEST(Child, tells_status_output_and_absence) {
  auto const fine = run_child({"sh", "-c", "echo out; echo err >&2; echo $GREETING; read x || exit 3"}, {{"GREETING", "hello"}});
  ASSERT_TRUE(fine.has_value());
  EXPECT_EQ(fine->status, 3);
  EXPECT_EQ(fine->output, "out\nerr\nhello\n");
  auto const absent = run_child({"/nowhere/at/all"});
  ASSERT_FALSE(absent.has_value());
  EXPECT_NE(absent.error().message.find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace tykup::pkg::apt
