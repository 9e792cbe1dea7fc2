// Where commands go, and what became of them: rc_explain and the hook for attempts.
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void count_attempt(const rc_attempt* attempt, void* user_data) {
  int* attempts = user_data;
  ++*attempts;
  if (rc_attempt_code(attempt) != RC_OK)
    fprintf(stderr, "%s at %s:%d: %s\n", rc_attempt_command(attempt), rc_attempt_host(attempt),
            rc_attempt_port(attempt), rc_error_name(rc_attempt_code(attempt)));
}

static void explain(rc_cluster* cluster, size_t argc, const char* const* argv) {
  rc_error* error = NULL;
  rc_explanation* explanation = rc_explain(cluster, argc, argv, NULL, &error);
  if (explanation == NULL) {
    printf("%s\n", rc_error_message(error));
    rc_error_free(error);
    return;
  }
  printf("%s: %zu key(s), slot %d, %s%s\n", argv[0], rc_explanation_key_count(explanation),
         rc_explanation_slot(explanation), rc_explanation_is_read_only(explanation) ? "reads" : "may write",
         rc_explanation_may_block(explanation) ? ", may block" : "");
  rc_explanation_free(explanation);
}

int main(int argc, char** argv) {
  int attempts = 0;
  rc_error* error = NULL;
  rc_options* options = rc_options_new();
  rc_options_add_address(options, argc > 1 ? argv[1] : "127.0.0.1:7000", &error);
  if (error == NULL) rc_options_set_attempt_hook(options, count_attempt, &attempts, &error);
  rc_cluster* cluster = error == NULL ? rc_cluster_open(options, &error) : NULL;
  rc_options_free(options);
  if (cluster == NULL) {
    fprintf(stderr, "%s\n", rc_error_message(error));
    rc_error_free(error);
    return EXIT_FAILURE;
  }

  explain(cluster, 2, (const char* const[]){"GET", "{user:1}:name"});
  explain(cluster, 3, (const char* const[]){"DEL", "{user:1}:name", "{user:1}:age"});
  explain(cluster, 3, (const char* const[]){"BLPOP", "queue", "0"});
  explain(cluster, 1, (const char* const[]){"PING"});

  for (int i = 0; i < 10; ++i) rc_reply_free(rc_commandf(cluster, NULL, "EXISTS user:%d", i));
  printf("10 commands, %d attempts\n", attempts);

  rc_cluster_free(cluster);
  return EXIT_SUCCESS;
}
