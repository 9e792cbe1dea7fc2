// What a call does once it has waited for a while without an answer: it has the map looked at again, and goes
// on as that knows now. Its owner may have been cut off, and another be elected since.
#pragma once

#include <memory>
#include <optional>

#include "execution/attempt.h"
#include "execution/course.h"

namespace rediscluster {

struct Job;

// An attempt that goes on although the call has been sent elsewhere too. Its late reply is dropped.
struct Overtaken {
  std::optional<PrivateLane> own;  // it goes back after the request
  Lane& lane;
  RequestPtr request;
};

// The one that is waited for.
struct UnderWay {
  const Target& target;
  std::optional<PrivateLane>& own;
  Lane& lane;
  RequestPtr& request;
};

enum class Waited {
  kDone,       // the request is finished
  kElsewhere,  // it is to be sent elsewhere: it was not sent, or is in `overtaken` now and may be answered
               // yet
  kOvertaken,  // the one in `overtaken` has been answered
};

// `overtaken`: null if there is none.
Waited wait_on(const Context& context, Course& course, const Job& job, const UnderWay& attempt,
               std::unique_ptr<Overtaken>& overtaken, Deadline deadline);

}  // namespace rediscluster
