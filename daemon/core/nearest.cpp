#include <algorithm>
#include <numeric>

#include "daemon/core/config.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours that make one text of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      bool const same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view given, std::vector<std::string> const& known) {
  constexpr std::size_t kLongestName = 64;
  if (given.empty() || given.size() > kLongestName) return std::nullopt;
  std::string const wanted = lowered(given);
  std::optional<std::string> best;
  // A third of the letters may be wrong, never all of them: beyond that the offer is noise.
  std::size_t best_distance = std::min(std::max<std::size_t>(1, given.size() / 3) + 1, given.size());
  for (std::string const& name : known) {
    if (name.size() > kLongestName) continue;
    std::size_t const distance = edit_distance(wanted, lowered(name));
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = name;
  }
  return best;
}

}  // namespace tykup
