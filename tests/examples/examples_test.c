// examples_test PROGRAM EXPECTED [PROGRAM EXPECTED ...]: runs each program against one cluster and compares
// what it prints with the file EXPECTED. An example cleans up: the next one, or a second run, finds the
// cluster empty.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <test_cluster.h>
#include <unistd.h>

enum { kMost = 65536 };

static char* read_all(FILE* file) {
  static char buffers[2][kMost];
  static int turn;
  char* buffer = buffers[turn++ % 2];
  const size_t length = fread(buffer, 1, kMost - 1, file);
  buffer[length] = '\0';
  return buffer;
}

// Its output, or NULL when it could not be run or failed.
static const char* output_of(const char* program, const char* const* addresses) {
  FILE* output = tmpfile();
  if (output == NULL) return NULL;
  const pid_t child = fork();
  if (child == 0) {
    dup2(fileno(output), STDOUT_FILENO);
    execl(program, program, addresses[0], addresses[1], addresses[2], (char*)NULL);
    perror(program);
    _exit(127);
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child) status = -1;
  rewind(output);
  const char* text = read_all(output);
  fclose(output);
  if (status == 0) return text;
  fprintf(stderr, "%s ended with status %d after printing:\n%s", program, status, text);
  return NULL;
}

static int passes(test_cluster* cluster, const char* program, const char* expected_file) {
  const char* addresses[3];
  for (int node = 0; node < 3; ++node) addresses[node] = test_node_address(cluster, node);
  FILE* file = fopen(expected_file, "r");
  if (file == NULL) {
    perror(expected_file);
    return 0;
  }
  const char* expected = read_all(file);
  fclose(file);

  const char* output = output_of(program, addresses);
  if (output == NULL) return 0;
  if (strcmp(output, expected) != 0) {
    fprintf(stderr, "%s printed:\n%s--- instead of\n%s", program, output, expected);
    return 0;
  }
  for (int node = 0; node < 3; ++node) {
    if (test_node_int(cluster, node, "DBSIZE") == 0) continue;
    fprintf(stderr, "%s left keys behind\n", program);
    return 0;
  }
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 != 1) {
    fprintf(stderr, "usage: examples_test PROGRAM EXPECTED [PROGRAM EXPECTED ...]\n");
    return 2;
  }
  test_cluster* cluster = test_cluster_start(&(test_cluster_options){.primaries = 3});
  if (cluster == NULL) return 1;
  int failures = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const int passed = passes(cluster, argv[i], argv[i + 1]);
    printf("%s: %s\n", passed ? "passed" : "FAILED", argv[i]);
    if (!passed) ++failures;
  }
  test_cluster_stop(cluster);
  return failures == 0 ? 0 : 1;
}
