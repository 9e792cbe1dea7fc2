// One command at a time. The library finds the node by the key.
#include <string.h>

#include "demo.h"
#include "output.h"

void one_command(demo* d) {
  heading("One command: SET, GET, and an error");

  // As a format: what %s and %d insert stays within its argument.
  rc_error* error = NULL;
  rc_reply* reply = rc_commandf(d->cluster, &error, "SET user:%d:name %s", 42, "Ada Lovelace");
  if (succeeded(reply, error, "SET")) say("SET", "%s", rc_reply_string(reply, NULL));
  rc_reply_free(reply);

  // As an array of arguments, which may hold any bytes.
  const char* argv[] = {"GET", "user:42:name"};
  error = NULL;
  reply = rc_command(d->cluster, 2, argv, NULL, &error);
  if (succeeded(reply, error, "GET")) {
    const char* name = rc_reply_string(reply, NULL);
    check(name != NULL && strcmp(name, "Ada Lovelace") == 0, "GET gives back \"%s\"",
          name != NULL ? name : "");
  }
  rc_reply_free(reply);

  // An error says what it was, and what became of the command.
  error = NULL;
  reply = rc_commandf(d->cluster, &error, "LPUSH user:%d:name x", 42);
  check(reply == NULL && rc_error_outcome(error) == RC_OUTCOME_EXECUTED, "LPUSH on it: %s, %s",
        rc_error_name(rc_error_code(error)), rc_outcome_name(rc_error_outcome(error)));
  say("message", "%s", rc_error_message(error));
  rc_reply_free(reply);
  rc_error_free(error);
}
