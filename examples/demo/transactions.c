// MULTI and EXEC in one call. All keys lie in one slot: the hash tag, what stands in braces, chooses it.
#include <stdio.h>

#include "demo.h"
#include "output.h"

static void in_one_slot(demo* d) {
  rc_commands* commands = rc_commands_new();
  rc_commands_add(commands, WORDS("SET", "{order:7}:state", "paid"), NULL);
  rc_commands_add(commands, WORDS("INCR", "{order:7}:version"), NULL);
  rc_commands_add(commands, WORDS("RPUSH", "{order:7}:events", "ordered", "paid"), NULL);

  rc_error* error = NULL;
  rc_reply* replies = rc_transaction(d->cluster, commands, &error);
  if (succeeded(replies, error, "transaction")) {
    const char* state = rc_reply_string(rc_reply_element(replies, 0), NULL);
    const int64_t version = rc_reply_integer(rc_reply_element(replies, 1));
    const int64_t events = rc_reply_integer(rc_reply_element(replies, 2));
    check(version == 1 && events == 2, "executed as a unit: SET %s, INCR %d, RPUSH %d", state, (int)version,
          (int)events);
  }
  rc_reply_free(replies);
  rc_commands_free(commands);
}

static void in_two_slots(demo* d) {
  rc_commands* commands = rc_commands_new();
  rc_commands_add(commands, WORDS("DECR", "stock:1"), NULL);
  rc_commands_add(commands, WORDS("INCR", "stock:2"), NULL);

  rc_error* error = NULL;
  rc_reply* replies = rc_transaction(d->cluster, commands, &error);
  check(rc_error_code(error) == RC_ERR_CROSS_SLOT && rc_error_outcome(error) == RC_OUTCOME_NOT_SENT,
        "keys in two slots: %s, %s", rc_error_name(rc_error_code(error)),
        rc_outcome_name(rc_error_outcome(error)));
  say("message", "%s", rc_error_message(error));
  rc_error_free(error);
  rc_reply_free(replies);
  rc_commands_free(commands);
}

void transactions(demo* d) {
  heading("Transactions");
  in_one_slot(d);
  in_two_slots(d);
}
