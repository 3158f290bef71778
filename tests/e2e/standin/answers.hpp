#pragma once
#include <chrono>
#include <string>

#include "settings.hpp"

namespace standin {

/// One HTTP answer; `silence` means: keep the connection open and never answer.
struct Answer {
  int code = 200;
  std::string type = "application/json";
  std::string body;
  bool silence = false;
};

/// What the component says at `path` (without the leading slash) when asked at `now`, having started at `started`.
[[nodiscard]] Answer answer(Self const& self, Settings const& settings, std::string const& path,
                            std::chrono::system_clock::time_point started, std::chrono::system_clock::time_point now);

}  // namespace standin
