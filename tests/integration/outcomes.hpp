#pragma once

#include <gtest/gtest.h>

#include "daemon/core/result.hpp"

namespace tykup::test {

inline ::testing::AssertionResult succeeded(bool worked, Error const& error) {
  if (worked) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << to_string(error.kind) << ": " << error.message << "\n" << error.detail;
}
template <typename T>
::testing::AssertionResult works(Result<T> const& result) {
  return succeeded(result.has_value(), result ? Error{} : result.error());
}
template <typename T>
::testing::AssertionResult fails(Result<T> const& result, ErrorKind kind) {
  if (result) return ::testing::AssertionFailure() << "it succeeded";
  return succeeded(result.error().kind == kind, result.error());
}

}  // namespace tykup::test

#define ASSERT_OK(result) ASSERT_TRUE(::tykup::test::works(result))
#define ASSERT_FAILS(result, expected) ASSERT_TRUE(::tykup::test::fails(result, expected))
