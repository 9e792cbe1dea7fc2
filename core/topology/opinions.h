// Which views are believed. A view that surprises is an opinion: it counts when others confirm it.
#pragma once

#include <optional>
#include <vector>

#include "topology/slot_map.h"

namespace rediscluster {

// What one node has told.
struct Opinion {
  Node* teller;
  ClusterView view;
  TimePoint asked_at;
  std::vector<Node*> owners = {};  // by slot; null where it says nothing
  bool of_strangers = false;       // a cluster of which no node is known
};

// The opinions of a refresh. Guarded by their topology.
class Opinions {
 public:
  struct Judgement {
    enum class Kind : std::uint8_t {
      kTake,       // `opinion` is believed
      kHearOther,  // nothing is believed yet: another node is to be heard
      kKeepMap,    // the nodes contradict each other, so the map stays as it is
    };
    Kind kind = Kind::kHearOther;
    std::optional<Opinion> opinion = {};
    const Node* confirmed_by = nullptr;
  };

  explicit Opinions(Nodes& nodes) : nodes_(nodes) {}

  // One more node has told its view.
  Judgement hear(const SlotMap& map, ClusterView view, Node& teller, TimePoint asked_at);
  // Nobody else can be asked. kHearOther: nobody has told anything.
  Judgement decide(const SlotMap& map);
  // An opinion has changed the map from `before` to `after`.
  void note_taken(const Node& teller, const Node* confirmed_by, const SlotMap& before, const SlotMap& after);

  // Puts who is to be asked first, or last, where it belongs.
  void arrange(std::vector<Node*>& candidates, TimePoint now) const;

 private:
  std::vector<Node*> owners_in(const ClusterView& view);
  bool are_strangers(const SlotMap& map, const ClusterView& view);
  bool names_a_new_owner(const SlotMap& map, const ClusterView& view);
  Node* deprived(const SlotMap& map, const Opinion& opinion) const;
  bool insists(const SlotMap& map, const Node& owner, const Opinion& opinion) const;
  std::vector<const Node*> who_agrees(const SlotMap& map, const Opinion& opinion) const;
  bool agree(const SlotMap& map, const Opinion& one, const Opinion& other) const;
  Judgement take_strangers();
  void dismiss_strangers();
  void forget_all() noexcept;
  void warn(const Node& teller, std::string_view what) const;

  Nodes& nodes_;
  std::vector<Opinion> opinions_;       // of this refresh, which none has ended
  Node* deprived_ = nullptr;            // the owner that one of them takes slots from
  std::vector<const Node*> witnesses_;  // have told of the owners as they are in the map
  const Node* last_teller_ = nullptr;
};

}  // namespace rediscluster
