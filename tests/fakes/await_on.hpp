#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tykup::fakes {

/// Runs the loop until `work` is done and returns what it gave. Throws what it threw, and std::runtime_error if it is
/// not done after `patience`.
template <typename T>
T await_on(boost::asio::io_context& loop, boost::asio::awaitable<T> work,
           std::chrono::steady_clock::duration patience = std::chrono::seconds{20}) {
  std::optional<T> value;
  std::exception_ptr thrown;
  auto finish = [&](std::exception_ptr error, T result) {
    thrown = error;
    value.emplace(std::move(result));
  };
  boost::asio::co_spawn(loop, std::move(work), finish);
  auto const deadline = std::chrono::steady_clock::now() + patience;
  loop.restart();
  while (!value && loop.run_one_until(deadline) > 0) {
  }
  if (!value) throw std::runtime_error("the work was not done in time");
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*value);
}

}  // namespace tykup::fakes
