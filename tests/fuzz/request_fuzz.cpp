// A request line of a taken-over daemon: whatever it says, it is read or refused, and what was read can be written and
// read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/wire/job_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const line(reinterpret_cast<char const*>(data), size);
  auto const request = tykup::wire::read_request(line);
  if (request && !tykup::wire::read_request(tykup::wire::request_line(*request))) std::abort();
  auto const answer = tykup::wire::read_answer(line);
  if (!answer && answer.error().message.empty()) std::abort();
  return 0;
}
