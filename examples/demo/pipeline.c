// Many commands at once, to all nodes; the replies come in the order of the commands.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "output.h"
#include "test_wait.h"

enum { kSlots = 16384 };

// A key for every slot: names are tried until each slot has one.
static char keys[kSlots][16];

static void find_keys(void) {
  int found = 0;
  for (int i = 0; found < kSlots; ++i) {
    char key[16];
    const int length = snprintf(key, sizeof key, "key:%d", i);
    const int slot = rc_key_slot(key, (size_t)length);
    if (keys[slot][0] != '\0') continue;
    memcpy(keys[slot], key, sizeof key);
    ++found;
  }
}

// Runs the list and says how long it took. The caller frees the reply; NULL when the call failed.
static rc_reply* run(demo* d, const rc_commands* commands, const char* name) {
  const long long begin = test_now_ms();
  rc_error* error = NULL;
  rc_reply* replies = rc_pipeline(d->cluster, commands, &error);
  const long long end = test_now_ms();
  if (!succeeded(replies, error, name)) return NULL;
  say(name, "%zu commands in one pipeline: %lld ms", rc_reply_length(replies), end - begin);
  return replies;
}

// The value of a slot's key is the number of the slot.
static void write_all_slots(demo* d) {
  rc_commands* commands = rc_commands_new();
  for (int slot = 0; slot < kSlots; ++slot) {
    char value[16];
    snprintf(value, sizeof value, "%d", slot);
    rc_commands_add(commands, WORDS("SET", keys[slot], value), NULL);
  }
  rc_reply* replies = run(d, commands, "SET");
  int stored = 0;
  for (size_t i = 0; i < rc_reply_length(replies); ++i) {
    // An element that failed is of type RC_REPLY_ERROR; rc_reply_error() tells more.
    if (rc_reply_type(rc_reply_element(replies, i)) == RC_REPLY_STATUS) ++stored;
  }
  check(stored == kSlots, "%d of %d keys written, one in each slot", stored, kSlots);
  rc_reply_free(replies);
  rc_commands_free(commands);
}

void read_all_slots(demo* d) {
  rc_commands* commands = rc_commands_new();
  for (int slot = 0; slot < kSlots; ++slot) rc_commands_add(commands, WORDS("GET", keys[slot]), NULL);
  rc_reply* replies = run(d, commands, "GET");
  int in_place = 0;
  for (int slot = 0; slot < kSlots; ++slot) {
    const char* value = rc_reply_string(rc_reply_element(replies, (size_t)slot), NULL);
    if (value != NULL && atoi(value) == slot) ++in_place;
  }
  check(in_place == kSlots, "%d of %d replies are the right value in the right place", in_place, kSlots);
  rc_reply_free(replies);
  rc_commands_free(commands);
}

void pipeline(demo* d) {
  heading("A pipeline over all slots, on all nodes");
  find_keys();
  write_all_slots(d);
  read_all_slots(d);
}
