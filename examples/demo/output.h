// What the demo prints, and the count of what did not hold.
#pragma once

#include <rediscluster/rediscluster.h>

void heading(const char* text);

// "   label     text"
void say(const char* label, const char* format, ...) __attribute__((format(printf, 2, 3)));

// "   ok        text" or "   FAILED    text"; returns `held`.
int check(int held, const char* format, ...) __attribute__((format(printf, 2, 3)));

// 1 when there is a reply. If not, it prints `what` with the error as a failed check. Frees the error.
int succeeded(const rc_reply* reply, rc_error* error, const char* what);

int failed_checks(void);

// A table of the nodes that the client knows; returns the number of covered slots.
int print_nodes(rc_cluster* cluster);

// Seconds since the demo began.
double elapsed(void);
