#include "daemon/core/job_id.hpp"

namespace tykup::job {

std::string id_in_run(Place const& place, std::size_t index, std::string_view what) {
  return place.run + "." + std::to_string(index + 1) + "." + place.component + "." + std::string(what);
}

Place place_of(std::string const& id) {
  auto const first = id.find('.');
  auto const second = first == std::string::npos ? first : id.find('.', first + 1);
  auto const third = second == std::string::npos ? second : id.find('.', second + 1);
  if (third == std::string::npos) return {};
  return {id.substr(0, first), id.substr(second + 1, third - second - 1)};
}

}  // namespace tykup::job
