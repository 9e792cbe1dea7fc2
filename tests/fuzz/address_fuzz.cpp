// "host:port" as people write it.
#include "fuzz/fuzz.h"
#include "net/address.h"

using namespace rediscluster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  auto parsed = parse_address(text);
  if (!parsed.ok()) {
    MUST(parsed.error().code == Code::kInvalidArgument);
    MUST(parsed.error().outcome == Outcome::kNotSent);
    MUST(parsed.error().message[0] != '\0');
    return 0;
  }
  const Address address = parsed.take();
  MUST(check_host(address.host).ok() && check_port(address.port).ok());
  auto again = parse_address(to_string(address));
  MUST(again.ok() && again.value() == address);
  return 0;
}
