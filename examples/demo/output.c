#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "test_wait.h"

enum { kTextWidth = 84 };

static int failures;
static int headings;

double elapsed(void) {
  static long long begin;
  if (begin == 0) begin = test_now_ms();
  return (double)(test_now_ms() - begin) / 1000.0;
}

void heading(const char* text) { printf("\n%d. %s  (at %.1f s)\n", ++headings, text, elapsed()); }

// Long text goes on below its beginning, broken at spaces.
static void print_line(const char* label, const char* format, va_list arguments) {
  char buffer[2048];
  vsnprintf(buffer, sizeof buffer, format, arguments);
  const char* text = buffer;
  for (; strlen(text) > kTextWidth; label = "") {
    int end = kTextWidth;
    while (end > 0 && text[end] != ' ') --end;
    if (end == 0) break;
    printf("   %-10s %.*s\n", label, end, text);
    text += end + 1;
  }
  printf("   %-10s %s\n", label, text);
}

void say(const char* label, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_line(label, format, arguments);
  va_end(arguments);
}

int check(int held, const char* format, ...) {
  if (!held) ++failures;
  va_list arguments;
  va_start(arguments, format);
  print_line(held ? "ok" : "FAILED", format, arguments);
  va_end(arguments);
  return held;
}

int succeeded(const rc_reply* reply, rc_error* error, const char* what) {
  if (reply == NULL) {
    check(0, "%s: %s, %s: %s", what, rc_error_name(rc_error_code(error)),
          rc_outcome_name(rc_error_outcome(error)), rc_error_message(error));
  }
  rc_error_free(error);
  return reply != NULL;
}

int failed_checks(void) { return failures; }

int print_nodes(rc_cluster* cluster) {
  rc_info* info = rc_cluster_info(cluster, NULL);
  say("", "%-18s %-8s %6s  %s", "node", "role", "slots", "connected");
  for (size_t i = 0; i < rc_info_node_count(info); ++i) {
    char address[64];
    snprintf(address, sizeof address, "%s:%d", rc_info_node_host(info, i), rc_info_node_port(info, i));
    say("", "%-18s %-8s %6d  %s", address, rc_info_node_is_primary(info, i) ? "primary" : "replica",
        rc_info_node_slot_count(info, i), rc_info_node_is_connected(info, i) ? "yes" : "-");
  }
  const int covered = rc_info_slots_covered(info);
  rc_info_free(info);
  return covered;
}
