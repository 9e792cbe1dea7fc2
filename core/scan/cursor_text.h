// The text of a scan's cursor: where it stands, of which cluster, and what it looks for.
//
// It is good in any process and for as long as one node of the cluster is left that was there when it was
// made: nodes are known by their ids, of which it has a sample.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "connection/members.h"
#include "scan/scan_state.h"

namespace rediscluster {

// A sample of the nodes, by which the cluster is known again.
std::string cluster_sample(const Members& members);
bool same_cluster(std::string_view sample, const Members& members);

// What a scan looks for, as a number: a cursor makes sense for the same only.
std::uint64_t filter_number(std::string_view pattern, bool has_pattern, std::string_view type) noexcept;

std::string write_cursor(const ScanState& state, std::string_view sample, std::uint64_t filter);

struct CursorText {
  ScanState state = ScanState();
  std::string sample;
  std::uint64_t filter = 0;
};
// RC_ERR_INVALID_ARGUMENT: it was not written by write_cursor().
Result<CursorText> read_cursor(std::string_view text);

}  // namespace rediscluster
