#include "pkg/rpm/errors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tykup::pkg::rpm::test {
namespace {

std::string valid(std::string const& digest, std::string const& primary = "PRIMARY") {
  return "[GNUPG:] VALIDSIG SUBKEY 2026-11-25 1795634566 0 4 0 1 " + digest + " 00 " + primary + "\n";
}

struct Row {
  char const* name;
  std::string lines;
  bool good;
  ErrorKind kind;
};

TEST(Verdict, is_what_gpgv_says_and_nothing_better) {
  Row const rows[] = {
      {"a good one", "[GNUPG:] NEWSIG\n" + valid("10"), true, {}},
      {"a good one beside one of a stranger", valid("8") + "[GNUPG:] ERRSIG A 1 8 00 1 9 B\n[GNUPG:] NO_PUBKEY A\n", true, {}},
      {"nothing", "", false, ErrorKind::RepositoryUnsigned},
      {"no signature in the file", "[GNUPG:] NODATA 4\n", false, ErrorKind::RepositoryUnsigned},
      {"words of the file's own", "VALIDSIG A B C D E F G H I J K\n", false, ErrorKind::RepositoryUnsigned},
      {"a line cut short", "[GNUPG:] VALIDSIG PRIMARY\n", false, ErrorKind::RepositoryUnsigned},
      {"a digest of SHA-1", valid("2"), false, ErrorKind::KeyTooWeak},
      {"a digest of MD5", valid("1"), false, ErrorKind::KeyTooWeak},
      {"a stranger", "[GNUPG:] ERRSIG A 1 8 00 1 9 B\n[GNUPG:] NO_PUBKEY A\n", false, ErrorKind::RepositoryWrongKey},
      {"a signature that gpgv cannot check", "[GNUPG:] ERRSIG A 1 8 00 1 6 B\n", false, ErrorKind::KeyTooWeak},
      {"other bytes", "[GNUPG:] BADSIG A me\n", false, ErrorKind::HashMismatch},
      {"other bytes beside a good one", valid("8") + "[GNUPG:] BADSIG A me\n", false, ErrorKind::HashMismatch},
      {"an expired key", "[GNUPG:] EXPKEYSIG A me\n" + valid("8"), false, ErrorKind::RepositoryExpired},
      {"an expired signature", "[GNUPG:] EXPSIG A me\n" + valid("8"), false, ErrorKind::RepositoryExpired},
      {"a revoked key", "[GNUPG:] REVKEYSIG A me\n" + valid("8"), false, ErrorKind::RepositoryWrongKey},
  };
  for (auto const& row : rows) {
    auto const verdict = verdict_in(row.lines);
    EXPECT_EQ(verdict.good, row.good) << row.name;
    if (row.good) {
      EXPECT_EQ(verdict.signer, "PRIMARY") << row.name;
    } else {
      EXPECT_EQ(to_string(verdict.kind), to_string(row.kind)) << row.name;
    }
  }
}

struct Words {
  char const* words;
  ErrorKind kind;
};

TEST(Fetching, is_classified_by_the_words_of_librepo_and_curl) {
  Words const rows[] = {
      {"Curl error (60): SSL peer certificate or SSH remote key was not OK for https://x/repodata/repomd.xml [SSL certificate "
       "problem: self-signed certificate]", ErrorKind::RepositoryCertificate},
      {"Curl error (77): Problem with the SSL CA cert (path? access rights?)", ErrorKind::RepositoryCertificate},
      {"Downloading successful, but checksum doesn't match. Calculated: a(sha256) Expected: b(sha256)", ErrorKind::HashMismatch},
      {"Inconsistent server data, reported file Content-Length: 6, repository metadata states file length: 7", ErrorKind::HashMismatch},
      {"Curl error (18): Transferred a partial file for http://x/", ErrorKind::HashMismatch},
      {"Curl error (23): Failed writing received data to disk/application", ErrorKind::NoSpace},
      {"Curl error (6): Couldn't resolve host name for https://x/", ErrorKind::RepositoryUnreachable},
      {"Curl error (7): Couldn't connect to server", ErrorKind::RepositoryUnreachable},
      {"Curl error (28): Timeout was reached [Operation too slow. Less than 1000 bytes/sec transferred the last 30 seconds]",
       ErrorKind::RepositoryUnreachable},
      {"Status code: 404 for https://x/repodata/repomd.xml", ErrorKind::RepositoryUnreachable},
      {"words that nobody has seen", ErrorKind::RepositoryUnreachable},
  };
  for (auto const& row : rows) EXPECT_EQ(to_string(classify_fetch(row.words)), to_string(row.kind)) << row.words;
}

struct Shown {
  char const* text;
  char const* shown;
};

TEST(Urls, are_shown_without_users) {
  Shown const rows[] = {
      {"https://me:secret@host/path", "https://host/path"},
      {"https://me:s@cret@host/path", "https://host/path"},
      {"no host for http://me:a@b/x or http://me@c [http://d/y]", "no host for http://b/x or http://c [http://d/y]"},
      {"https://host/path@2/x", "https://host/path@2/x"},
      {"https://", "https://"},
      {"me@example.org", "me@example.org"},
      {"", ""},
  };
  for (auto const& row : rows) EXPECT_EQ(without_users(row.text), row.shown);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
