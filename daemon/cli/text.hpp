#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/core/zone.hpp"

namespace tykup::cli {

/// How text is shown, and at which moment.
struct View {
  std::size_t width = 0;  ///< columns of the terminal; 0: lines are not wrapped
  bool color = false;
  Instant now = {};
  Zone zone = utc_zone();  ///< civil times are given in it
  std::size_t height = 0;  ///< rows of the terminal; 0: without an end
};

enum class Tone { Plain, Strong, Good, Warn, Bad, Dim, Struck };
[[nodiscard]] std::string paint(View const& view, Tone tone, std::string_view text);

/// Control characters become "?": what a package or a log says must not steer the terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that UTF-8 text takes (every code point counts one).
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text as lines that end with a newline: the first begins with `first`, later ones with `rest`, broken at spaces
/// where the view has a width. Newlines of the text are kept.
[[nodiscard]] std::string paragraph(View const& view, std::string_view first, std::string_view rest,
                                    std::string_view text);

struct Cell {
  std::string text;
  Tone tone = Tone::Plain;
};

/// Aligned columns, two spaces apart; no trailing spaces.
class Table {
 public:
  explicit Table(std::vector<std::string> header = {});
  /// Every row has as many cells as the header, if there is one.
  void add(std::vector<Cell> row);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string to_text(View const& view, std::string_view indent = "") const;

 private:
  std::vector<Cell> header_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace tykup::cli
