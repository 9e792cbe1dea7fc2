// All keys of the cluster, page by page, from its primaries.
//
// The books are ScanState's; this asks the nodes. A step that fails changes nothing, so the next call goes on
// from there.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calls/context.h"
#include "scan/cursor_text.h"
#include "scan/node_batch.h"
#include "scan/scan_state.h"

namespace rediscluster {

class Scan {
 public:
  explicit Scan(const Context& context);

  // Before the first page; RC_ERR_INVALID_ARGUMENT.
  Status set_pattern(std::string_view pattern);
  Status set_count(int count);
  Status set_type(std::string_view type);
  // May ask for the map, where that of the handle knows none of the cursor's nodes.
  Status set_cursor(const Context& context, std::string_view text, const CallOptions& options);

  // Keys, at least one; null: the end.
  Result<ReplyPtr> next(const Context& context, const CallOptions& options);

  const std::string& cursor() const noexcept { return position_.text; }
  const std::vector<int>& doubtful() const noexcept { return position_.doubtful; }

 private:
  struct Position {
    ScanState state;
    std::string text = {};
    std::vector<int> doubtful = {};
  };
  // What a step came to.
  struct Progress {
    enum Kind {
      kGoOn,
      kPage,   // `page`
      kLater,  // `error` is why; after a pause, and perhaps with a newer map
      kFailed,
    } kind = kGoOn;
    ReplyPtr page = nullptr;
    ErrorPtr error = nullptr;
  };
  // Of next().
  struct Call {
    const Context& context;
    const CallOptions& options;
    const Deadline deadline;
  };
  // The keys of slots that were asked by themselves, and the replies that they lie in.
  struct Found {
    std::vector<RequestPtr> requests = {};
    std::vector<std::string_view> keys = {};
  };

  Status may_be_set() const;
  void start_over();
  void forget_the_parents_nodes() noexcept;
  Status check_cursor(const Context& context, const CursorText& read, Deadline deadline);
  void commit(const Context& context, ScanState state);
  ErrorPtr out_of_time(const Context& context, ErrorPtr reason);

  Progress step(const Call& call);
  std::uint64_t filter() const noexcept;
  ConnectionLease& lease(Node& node);
  void drop_lease() noexcept;
  NodeBatch::Answer ask(const Call& call, Node& node, NodeBatch& batch, bool pinned);
  static ErrorPtr nonsense(const Node& node, std::string_view command);
  static ErrorPtr not_the_owner(const Node& node);
  Progress no_results(Node& node, NodeBatch::Answer& answer);
  bool owns_what_is_asked(const Context& context, const Node& node) const;
  Node* choose_owner(const Context& context, const std::vector<int>& slots);

  // scan_owners.cpp
  Node* owner_of(const SlotMap& map, int slot) const noexcept;
  Node& node_at(const Context& context, const NodeLine& line) const;
  void note_owners(const Context& context, std::string_view lines, const std::vector<int>& slots);
  void note_redirect(const Call& call, const Node& node, std::string_view line);
  void look_around(const Call& call);

  // scan_pass.cpp
  Progress begin_pass(const Call& call);
  Progress read_page(const Call& call, Node& node, ScanState::Pass pass, bool first);
  Progress page_failed(const Call& call, Node& node, NodeBatch::Answer& answer, bool tells_slots, bool first);
  Progress is_not_the_owner(const Call& call, const Node& node, std::string_view lines);
  Progress abandon_pass(const Call& call, ErrorPtr why);
  void add_scan(NodeBatch& batch, const ScanState::Pass& pass) const;

  // scan_by_slot.cpp
  Progress ask_by_slot(const Call& call);
  Progress ask_big(const Call& call, Node& node, int slot);
  Progress ask_slots(const Call& call, Node& node, const std::vector<int>& slots, std::size_t limit);
  bool add_other_half(const Call& call, Node& owner, const NodeView& view, std::string_view lines, int slot,
                      std::size_t limit, ScanState& state, Found& found);
  Progress hand_on(const Call& call, ScanState state, Found found, ErrorPtr why_not);
  Status keep_type(const Call& call, std::vector<std::string_view>& keys) const;

  std::optional<std::string> pattern_;
  std::string type_;
  int count_;
  std::optional<std::uint64_t> filter_of_cursor_;  // of the scan that the cursor was taken from
  bool begun_ = false;
  std::uint32_t generation_ = fork_generation();  // whose nodes these are

  Position position_;
  std::shared_ptr<const Members> members_;  // of which sample_ was taken
  std::string sample_;

  std::optional<ConnectionLease> lease_;
  std::string process_;          // the run id of the node at its other end; empty: not known
  bool has_clusterscan_ = true;  // as far as is known
  bool tells_run_id_ = true;     // the same
  int effort_ = 0;               // what COUNT is now
  std::vector<int> big_;         // slots with so many keys that their number is asked for first

  std::map<int, Node*> owners_;   // as nodes told of slots that were not where the map has them
  std::vector<int> asked_;        // slots that the last step was about
  const Node* failed_ = nullptr;  // that could not be asked in the last step
  const Node* avoid_ = nullptr;   // that could not be asked in the last call
  int failures_ = 0;              // calls in a row that got nowhere
};

}  // namespace rediscluster
