// An error line of a server: what it tells the client to do, and where a redirect leads.
#include <string>

#include "base/slots.h"
#include "fuzz/fuzz.h"
#include "resp/server_answer.h"

using namespace rediscluster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = text_of(data, size);
  const auto word = error_word(line);
  MUST(line.starts_with(word));
  const Answer answer = classify(line);
  const Outcome outcome = outcome_of(line);
  MUST(outcome == Outcome::kRefused || outcome == Outcome::kExecuted);
  if (answer != Answer::kOther) MUST(outcome == Outcome::kRefused && !word.empty());
  MUST(!(is_redirect(answer) && asks_to_wait(answer)));
  MUST(line.starts_with(without_arguments(line)));

  const Redirect redirect = parse_redirect(line);
  if (!redirect.valid) return 0;
  MUST(redirect.slot >= 0 && redirect.slot < kSlotCount);
  if (line.ends_with(" :0")) {  // the server has lost the address
    MUST(redirect.host == "?" && redirect.port == 0);
    return 0;
  }
  MUST(redirect.port >= 1 && redirect.port <= 65535);
  MUST(redirect.host.find(' ') == std::string_view::npos);
  MUST(redirect.host.empty() || (redirect.host.data() >= line.data() &&
                                 redirect.host.data() + redirect.host.size() < line.data() + line.size()));
  const std::string again = "MOVED " + std::to_string(redirect.slot) + " " + std::string(redirect.host) +
                            ":" + std::to_string(redirect.port);
  const Redirect same = parse_redirect(again);
  MUST(same.valid && same.slot == redirect.slot && same.host == redirect.host && same.port == redirect.port);
  return 0;
}
