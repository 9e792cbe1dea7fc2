#include "subscribe/event.h"

#include <new>

#include "base/copy.h"

namespace rediscluster {
namespace {

constexpr std::size_t kTexts = 3;

std::string_view place(std::string_view text, char*& at) noexcept {
  if (text.data() == nullptr) return {};
  char* const from = at;
  copy_bytes(text, from);
  from[text.size()] = '\0';
  at += text.size() + 1;
  return {from, text.size()};
}

EventPtr make(EventType type, SubscriptionKind kind, std::string_view channel, std::string_view pattern,
              std::string_view payload) {
  const std::size_t size = sizeof(Event) + channel.size() + pattern.size() + payload.size() + kTexts;
  void* const memory = ::operator new(size);
  EventPtr event(new (memory) Event());
  char* at = static_cast<char*>(memory) + sizeof(Event);
  event->type = type;
  event->kind = kind;
  event->channel = place(channel, at);
  event->pattern = place(pattern, at);
  event->payload = place(payload, at);
  event->size = size;
  return event;
}

// A text that is there, though it may be empty.
std::string_view present(std::string_view text) noexcept { return text.data() == nullptr ? "" : text; }

}  // namespace

void free_event(Event* event) noexcept {
  if (event == nullptr) return;
  event->~Event();
  ::operator delete(event);
}

EventPtr make_message(SubscriptionKind kind, std::string_view channel, std::string_view pattern,
                      std::string_view payload) {
  return make(EventType::kMessage, kind, present(channel),
              kind == SubscriptionKind::kPattern ? present(pattern) : std::string_view(), present(payload));
}

EventPtr make_event(EventType type, SubscriptionKind kind, std::string_view name) {
  return make(type, kind, present(name),
              kind == SubscriptionKind::kPattern ? present(name) : std::string_view(), {});
}

EventPtr make_gap(SubscriptionKind kind, std::string_view name, GapReason reason, std::int64_t ms,
                  std::int64_t lost) {
  EventPtr event = make_event(EventType::kGap, kind, name);
  event->reason = reason;
  event->gap_ms = ms;
  event->gap_lost = lost;
  return event;
}

}  // namespace rediscluster
